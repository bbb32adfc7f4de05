import { filled, padTo, view } from './blocks.ts';
import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/** Weights [O, I, kh, kw] for an image in blocks: memory [O/B, I/B, kh, kw, B of I, B of O]. */
export function blockedWeights(graph: GraphOperations, w: Value, block: number): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  const [o, i] = [filled(filters, block), filled(channels, block)];
  const blocks = view(graph, padTo(graph, w, [o, i, kh, kw]), [o / block, block, i / block, block, kh, kw]);
  const moved = graph.apply('Transpose', [blocks], { perm: { ints: [0, 2, 4, 5, 3, 1] } });
  return view(graph, moved, [o, i, kh, kw]);
}

/** Weights [O, I, kh, kw] for an image that is not in blocks: memory [O/B, I, kh, kw, B]. */
export function plainInputWeights(graph: GraphOperations, w: Value, block: number): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  const o = filled(filters, block);
  const blocks = view(graph, padTo(graph, w, [o, channels, kh, kw]), [o / block, block, channels, kh, kw]);
  const moved = graph.apply('Transpose', [blocks], { perm: { ints: [0, 2, 3, 4, 1] } });
  return view(graph, moved, [o, channels, kh, kw]);
}

/** Taps of weights [O, I, kh, kw] for the way back, where O are the channels that come in: memory [I/B, O/B, kh, kw, B of O, B of I]. */
export function backwardWeights(graph: GraphOperations, w: Value, block: number): Value {
  const [filters, channels, kh, kw] = w.shape as [number, number, number, number];
  const [o, i] = [filled(filters, block), filled(channels, block)];
  const blocks = view(graph, padTo(graph, w, [o, i, kh, kw]), [o / block, block, i / block, block, kh, kw]);
  const moved = graph.apply('Transpose', [blocks], { perm: { ints: [2, 0, 4, 5, 1, 3] } });
  return view(graph, moved, [i, o, kh, kw]);
}

/** Every `step`-th tap along height and width, counted backwards from the last that begins at `first`. */
export function reversedTaps(
  graph: GraphOperations,
  w: Value,
  first: readonly [number, number] = [0, 0],
  step: readonly [number, number] = [1, 1],
): Value {
  const sizes = w.shape.slice(2);
  if (sizes.every((size) => size === 1)) return w;
  const lasts = sizes.map(
    (size, axis) => first[axis]! + Math.floor((size - 1 - first[axis]!) / step[axis]!) * step[axis]!,
  );
  const ends = first.map((start) => (start === 0 ? -2147483648 : start - 1));
  return graph.apply('Slice', [
    w,
    graph.ints(lasts),
    graph.ints(ends),
    graph.ints([2, 3]),
    graph.ints(step.map((count) => -count)),
  ]);
}
