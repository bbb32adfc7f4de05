import type { GraphBuilder } from '../../../onnx/graph-builder.ts';
import type { GraphFeatures } from '../learner.ts';
import { layoutOf, type NumberEncoding } from './encoding.ts';
import type { NetworkParts } from './network-model.ts';
import type { DenseStage, Stage } from './stages.ts';

/**
 * The nodes of a trained network. Weights are stored as float32 and computed with in double, so that a great target costs no digits;
 * the result is float32 [N, outputs].
 */
export function networkToGraph(graph: GraphBuilder, inputs: GraphFeatures, parts: NetworkParts): string {
  const { encoding, table, stages, task, centre, scale } = parts;
  const ends: string[] = [];
  if (inputs.numbers !== undefined) ends.push(...numberInputs(graph, inputs.numbers, parts));
  if (inputs.codes !== undefined && encoding.sizes.length > 0) {
    const { offsets, entries } = layoutOf(encoding);
    const width = table.length / entries;
    const rows = graph.node('Add', [inputs.codes, graph.ints(offsets, [1, offsets.length])]);
    const vectors = graph.node('Gather', [double(graph, table, [entries, width]), rows], {
      attributes: { axis: { int: 0 } },
    });
    ends.push(graph.node('Reshape', [vectors, graph.ints([0, offsets.length * width])]));
  }
  let value = ends.length === 1 ? ends[0]! : graph.node('Concat', ends, { attributes: { axis: { int: 1 } } });
  for (const stage of stages) value = stageNodes(graph, value, stage);
  if (task === 'regression') {
    const constant = (number: number) =>
      graph.constant({ type: 'double', shape: [1, 1], data: Float64Array.of(number) });
    return cast(graph, graph.node('Add', [graph.node('Mul', [value, constant(scale)]), constant(centre)]), 1);
  }
  const logits = cast(graph, value, 1);
  if (task === 'binary') return graph.node('Sigmoid', [logits]);
  return graph.node('Softmax', [logits], { attributes: { axis: { int: 1 } } });
}

/** ONNX's numbers of the element types float and double. */
function cast(graph: GraphBuilder, value: string, to: 1 | 11): string {
  return graph.node('Cast', [value], { attributes: { to: { int: to } } });
}

/** float32 numbers as a double constant: half the bytes in the file, and the runtime casts them once. */
function double(graph: GraphBuilder, data: Float32Array, shape: readonly number[]): string {
  return cast(graph, graph.floats(data, shape), 11);
}

/** What numbers become: double [N, inputs of all], then double [N, missing ones]. */
function numberInputs(graph: GraphBuilder, values: string, { encoding }: NetworkParts): string[] {
  const { numbers } = encoding;
  const { widths, missing } = layoutOf(encoding);
  const absent = graph.node('IsNaN', [values]);
  const fills = graph.floats(
    numbers.map(({ fill }) => fill),
    [1, numbers.length],
  );
  const filled = cast(graph, graph.node('Where', [absent, fills, values]), 11);
  const ends: string[] = [];
  if (widths.some((width) => width > 0)) {
    const isQuantile = numbers.some(({ levels }) => levels !== undefined);
    ends.push(isQuantile ? quantileInputs(graph, filled, numbers) : piecewiseInputs(graph, filled, numbers));
  }
  const columns = missing.flatMap((input, f) => (input >= 0 ? [f] : []));
  if (columns.length > 0) {
    const flags = graph.node('Gather', [absent, graph.ints(columns)], { attributes: { axis: { int: 1 } } });
    ends.push(cast(graph, flags, 11));
  }
  return ends;
}

/** How far each number reaches into each of these bins. */
function places(
  graph: GraphBuilder,
  x: string,
  lows: readonly number[],
  highs: readonly number[],
  shape: number[],
): string {
  const low = double(graph, Float32Array.from(lows), shape);
  const size = graph.node('Sub', [double(graph, Float32Array.from(highs), shape), low]);
  const place = graph.node('Div', [graph.node('Sub', [x, low]), size]);
  const limit = (value: number) => graph.constant({ type: 'double', shape: [], data: Float64Array.of(value) });
  return graph.node('Clip', [place, limit(0), limit(1)]);
}

function piecewiseInputs(graph: GraphBuilder, x: string, numbers: readonly NumberEncoding[]): string {
  const owners = numbers.flatMap(({ edges }, f) => edges.slice(1).map(() => f));
  const repeated = graph.node('Gather', [x, graph.ints(owners)], { attributes: { axis: { int: 1 } } });
  const lows = numbers.flatMap(({ edges }) => edges.slice(0, -1));
  const highs = numbers.flatMap(({ edges }) => edges.slice(1));
  return places(graph, repeated, lows, highs, [1, owners.length]);
}

/** Each number's level at its lowest edge, plus the rise of each bin by how far the number reaches into it. */
function quantileInputs(graph: GraphBuilder, x: string, all: readonly NumberEncoding[]): string {
  const kept = all.flatMap(({ levels }, f) => (levels === undefined ? [] : [f]));
  const numbers = kept.map((f) => all[f]!);
  const chosen =
    kept.length === all.length ? x : graph.node('Gather', [x, graph.ints(kept)], { attributes: { axis: { int: 1 } } });
  const most = Math.max(...numbers.map(({ edges }) => edges.length - 1));
  // Bins that a number lacks rise by nothing.
  const grid = (pick: (number: NumberEncoding, k: number) => number, beyond: number) =>
    numbers.flatMap((number) =>
      Array.from({ length: most }, (_, k) => (k < number.edges.length - 1 ? pick(number, k) : beyond)),
    );
  const shape = [1, numbers.length, most];
  const reached = places(
    graph,
    graph.node('Unsqueeze', [chosen, graph.ints([2])]),
    grid(({ edges }, k) => edges[k]!, 0),
    grid(({ edges }, k) => edges[k + 1]!, 1),
    shape,
  );
  const rises = grid(({ levels }, k) => levels![k + 1]! - levels![k]!, 0);
  const constant = graph.constant({ type: 'double', shape, data: Float64Array.from(rises) });
  const sum = graph.node('ReduceSum', [graph.node('Mul', [reached, constant]), graph.ints([2])], {
    attributes: { keepdims: { int: 0 } },
  });
  const lowest = Float32Array.from(numbers, ({ levels }) => levels![0]!);
  return graph.node('Add', [sum, double(graph, lowest, [1, numbers.length])]);
}

function stageNodes(graph: GraphBuilder, value: string, stage: Stage): string {
  if (stage.kind === 'dense') return denseNodes(graph, value, stage);
  if (stage.kind === 'block') {
    return graph.node('Add', [denseNodes(graph, denseNodes(graph, value, stage.first), stage.second), value]);
  }
  const { scale, shift } = stage;
  const scaled = graph.node('Mul', [value, double(graph, scale, [1, scale.length])]);
  return graph.node('Relu', [graph.node('Add', [scaled, double(graph, shift, [1, shift.length])])]);
}

function denseNodes(graph: GraphBuilder, value: string, { weight, bias, relu }: DenseStage): string {
  const product = graph.node('MatMul', [value, double(graph, weight, [weight.length / bias.length, bias.length])]);
  const sum = graph.node('Add', [product, double(graph, bias, [1, bias.length])]);
  return relu ? graph.node('Relu', [sum]) : sum;
}
