import { view } from './blocks.ts';
import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/*
 * F(2, 3) of Winograd on each axis (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016): four products for two outputs of a
 * kernel of three, where one by one there are six. Here the sign of the fourth product is turned, so that all outputs add it.
 *
 * Values have the shape [outer, 2n, inner] with the axis in question in the middle, and become parts [outer, n, inner].
 */

/** Along one axis: four numbers. */
export type Four = readonly [Value, Value, Value, Value];

/** Four values of each weight line g0, g1, g2: g0, (g0 + g1 + g2)/2, (g0 − g1 + g2)/2, g2. */
const weightLines = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
] as const;

/** [16, 9]: what makes sixteen values of the nine weights of a kernel. */
export const weightTransform: readonly number[] = weightLines.flatMap((row) =>
  weightLines.flatMap((column) => row.flatMap((a) => column.map((b) => a * b))),
);

const add = (graph: GraphOperations, a: Value, b: Value): Value => graph.apply('Add', [a, b]);
const subtract = (graph: GraphOperations, a: Value, b: Value): Value => graph.apply('Sub', [a, b]);

/** The even and the odd places of the middle axis. */
function pairs(graph: GraphOperations, x: Value): readonly [Value, Value] {
  const [outer, length, inner] = x.shape as [number, number, number];
  const lines = view(graph, x, [(outer * length) / 2, 2, inner]);
  const parts = graph.applyAll('Split', [lines, graph.ints([1, 1])], { axis: { int: 1 } });
  return parts.map((part) => view(graph, part, [outer, length / 2, inner])) as unknown as readonly [Value, Value];
}

/** Back from the even and the odd places. */
function together(graph: GraphOperations, even: Value, odd: Value): Value {
  const [outer, count, inner] = even.shape as [number, number, number];
  const parts = [even, odd].map((part) => view(graph, part, [outer * count, 1, inner]));
  return view(graph, graph.apply('Concat', parts, { axis: { int: 1 } }), [outer, 2 * count, inner]);
}

/** Each place has what the one before had, the first a zero; or the other way round. */
function moved(graph: GraphOperations, x: Value, by: 1 | -1): Value {
  const count = x.shape[1]!;
  const [from, to] = by === 1 ? [0, count - 1] : [1, count];
  const kept = graph.apply('Slice', [x, graph.ints([from]), graph.ints([to]), graph.ints([1])]);
  return graph.apply('Pad', [kept, graph.ints(by === 1 ? [0, 1, 0, 0, 0, 0] : [0, 0, 0, 0, 1, 0])]);
}

/** The inputs of each pair of outputs, x[2k − 1] to x[2k + 2], as they are multiplied. */
export function toProducts(graph: GraphOperations, x: Value): Four {
  const [second, third] = pairs(graph, x);
  return [
    subtract(graph, moved(graph, third, 1), third),
    add(graph, second, third),
    subtract(graph, third, second),
    subtract(graph, moved(graph, second, -1), second),
  ];
}

/** The gradient of {@link toProducts}. */
export function fromProducts(graph: GraphOperations, [a, b, c, d]: Four): Value {
  const second = subtract(graph, subtract(graph, b, c), d);
  const third = subtract(graph, add(graph, b, c), a);
  return together(graph, add(graph, second, moved(graph, d, 1)), add(graph, third, moved(graph, a, -1)));
}

/** Each pair of outputs of its four products. */
export function toOutputs(graph: GraphOperations, [a, b, c, d]: Four): Value {
  return together(graph, add(graph, add(graph, a, b), c), add(graph, subtract(graph, b, c), d));
}

/** The gradient of {@link toOutputs}. */
export function fromOutputs(graph: GraphOperations, y: Value): Four {
  const [even, odd] = pairs(graph, y);
  return [even, add(graph, even, odd), subtract(graph, even, odd), odd];
}
