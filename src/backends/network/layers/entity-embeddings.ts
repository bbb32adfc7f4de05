import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  type ParameterSpec,
  positiveInteger,
  printSignature,
} from '../layer-definition.ts';

/**
 * A trained vector for each category of each column (Guo and Berkhahn, 2016): int64 [columns] → float32 of all vectors
 * one after another.
 */
export interface EntityEmbeddingsLayer extends LayerPlace {
  readonly kind: 'entity-embeddings';
  /** The number of categories of each column; inputs are from 0 to that − 1. */
  readonly entries: readonly number[];
  /** Values of a category, for all columns or for each. @default half of the categories, rounded up, at most 50 */
  readonly width?: number | readonly number[];
}

/** Trained vectors for the categories of several columns, one after another. */
export function entityEmbeddings(options: Omit<EntityEmbeddingsLayer, 'kind'>): EntityEmbeddingsLayer {
  return { ...options, kind: 'entity-embeddings' };
}

/** The width of each column. */
export function entityWidths({ entries, width }: EntityEmbeddingsLayer): readonly number[] {
  if (typeof width === 'number') return entries.map(() => width);
  return width ?? entries.map((count) => Math.min(50, Math.ceil(count / 2)));
}

/** Whether all columns share one table: where their widths are equal. */
export function hasOneTable(widths: readonly number[]): boolean {
  return widths.every((width) => width === widths[0]);
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((item) => positiveInteger(item) === undefined);

/** Entries start normal with deviation 0.05, small beside numbers of unit scale. */
export const entityEmbeddingsDefinition: LayerDefinition<EntityEmbeddingsLayer> = {
  arity: [1, 1],
  options: {
    entries: (value) => (isList(value) ? undefined : 'a list of integers above 0, one a column'),
    width: (value) =>
      value === undefined || positiveInteger(value) === undefined || isList(value)
        ? undefined
        : 'an integer above 0, or one for each column',
  },
  infer(layer, [input]) {
    const { entries } = layer;
    if (input!.dtype !== 'int64' || input!.shape.length !== 1 || input!.shape[0] !== entries.length) {
      throw new LayerProblem(
        `expected int64 [${entries.length}], a category of each column, got ${printSignature(input!)}`,
      );
    }
    const widths = entityWidths(layer);
    if (widths.length !== entries.length) {
      throw new LayerProblem(`expected a width for each of ${entries.length} columns, got ${widths.length}`);
    }
    const table = (name: string, rows: number, width: number): ParameterSpec => ({
      name,
      shape: [rows, width],
      initial: { kind: 'normal', deviation: 0.05 },
      isTrained: true,
      isDecayed: false,
    });
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    return {
      output: { dtype: 'float32', shape: [sum(widths)] },
      parameters: hasOneTable(widths)
        ? [table('weight', sum(entries), widths[0]!)]
        : entries.map((rows, i) => table(`weight-${i + 1}`, rows, widths[i]!)),
      flops: sum(widths),
    };
  },
  integers: ({ entries }) => [entries],
};
