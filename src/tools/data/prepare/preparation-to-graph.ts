import { TrainerError } from '../../../core/errors.ts';
import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { GraphFeatures } from '../../learn/learner.ts';
import { missingCode, otherCode } from './apply-preparation.ts';
import { addDatetimeParts } from './datetime-graph.ts';
import { missingCategory } from './missing-category.ts';
import type { Preparation } from './preparation.ts';

/** Names of the graph's inputs; each is needed where the preparation has a column for it. */
export interface PreparationInputs {
  /** float32 [N, numbers and booleans], NaN where missing. */
  readonly numbers?: string;
  /** string [N, categories], {@link missingCategory} where missing. */
  readonly categories?: string;
  /** int64 [N, datetimes] in milliseconds since 1970, the smallest int64 where missing. */
  readonly datetimes?: string;
}

/**
 * Adds the nodes that make features from typed inputs, equal to {@link applyPreparation} on the same values.
 *
 * A column's place in its tensor is its place among the columns of the same tensor in `preparation.columns`.
 */
export function preparationToGraph(
  graph: GraphBuilder,
  preparation: Preparation,
  inputs: PreparationInputs,
): GraphFeatures {
  const { columns } = preparation;
  const categorySizes: number[] = [];
  const codes: string[] = [];
  // Where each numeric feature stands in the concatenation [numbers | parts of the 1st datetime | parts of the 2nd | …].
  const order: number[] = [];
  const plainCount = columns.filter(({ kind }) => kind === 'number' || kind === 'boolean').length;
  const pieces: string[] = [];
  if (plainCount > 0) {
    const numbers = required(inputs.numbers, 'numbers');
    const infinite = graph.node('IsInf', [numbers]);
    pieces.push(graph.node('Where', [infinite, graph.floats([Number.NaN]), numbers]));
  }
  let plain = 0;
  let parts = plainCount;
  let datetimes = 0;
  const datetimeCount = columns.filter(({ kind }) => kind === 'datetime').length;
  const categoryCount = columns.filter(({ kind }) => kind === 'category').length;
  for (const column of columns) {
    if (column.kind === 'category') {
      const value = takeColumn(graph, required(inputs.categories, 'categories'), codes.length, categoryCount);
      codes.push(encodeColumn(graph, value, column.dictionary));
      categorySizes.push(column.dictionary.length + 2);
    } else if (column.kind === 'datetime') {
      const value = takeColumn(graph, required(inputs.datetimes, 'datetimes'), datetimes++, datetimeCount);
      pieces.push(...addDatetimeParts(graph, value, column.parts));
      for (let part = 0; part < column.parts.length; part++) order.push(parts++);
    } else {
      order.push(plain++);
    }
  }
  const numbers = reorder(graph, pieces, order);
  return {
    ...(numbers === undefined ? {} : { numbers }),
    ...(codes.length === 0 ? {} : { codes: concatenate(graph, codes) }),
    numberCount: order.length,
    categorySizes,
  };
}

function required(name: string | undefined, tensor: string): string {
  if (name !== undefined) return name;
  throw new TrainerError('INTERNAL', `Expected a graph input for the ${tensor} of the preparation, got none.`);
}

function concatenate(graph: GraphBuilder, values: readonly string[]): string {
  return values.length === 1 ? values[0]! : graph.node('Concat', values, { attributes: { axis: { int: 1 } } });
}

/** Column `index` of [N, count], as [N, 1]. */
function takeColumn(graph: GraphBuilder, tensor: string, index: number, count: number): string {
  if (count === 1) return tensor;
  return graph.node('Gather', [tensor, graph.ints([index], [1])], { attributes: { axis: { int: 1 } } });
}

function encodeColumn(graph: GraphBuilder, value: string, dictionary: readonly string[]): string {
  return graph.node('LabelEncoder', [value], {
    domain: 'ai.onnx.ml',
    name: 'category',
    attributes: {
      keys_strings: { strings: [missingCategory, ...dictionary] },
      values_int64s: { ints: [missingCode, ...dictionary.map((_, index) => index + 2)] },
      default_int64: { int: otherCode },
    },
  });
}

function reorder(graph: GraphBuilder, pieces: readonly string[], order: readonly number[]): string | undefined {
  if (pieces.length === 0) return undefined;
  const joined = concatenate(graph, pieces);
  if (order.every((from, to) => from === to)) return joined;
  return graph.node('Gather', [joined, graph.ints(order, [order.length])], { attributes: { axis: { int: 1 } } });
}
