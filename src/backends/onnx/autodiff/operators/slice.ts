import { defineOperator, integersOf, unfit } from '../operator.ts';
import { frontAxis } from '../shapes.ts';
import type { Value } from '../value.ts';

/** First and last position (excluded) on each axis, counted from the front and cut to the shape. */
function boundsOf([x, starts, ends, axes, steps]: readonly Value[]): readonly (readonly [number, number])[] {
  const rank = x!.shape.length;
  const from = integersOf('Slice', starts!);
  const to = integersOf('Slice', ends!);
  const which = axes === undefined ? from.map((_, axis) => axis) : integersOf('Slice', axes);
  if (steps !== undefined && integersOf('Slice', steps).some((step) => step !== 1)) {
    throw unfit('Slice', 'steps other than 1 are not supported');
  }
  const bounds = x!.shape.map((size): [number, number] => [0, size]);
  for (const [i, given] of which.entries()) {
    const axis = frontAxis('Slice', given, rank);
    const size = x!.shape[axis]!;
    const place = (position: number) => Math.min(size, Math.max(0, position < 0 ? position + size : position));
    const start = place(from[i]!);
    bounds[axis] = [start, Math.max(start, place(to[i]!))];
  }
  return bounds;
}

/** A range of positions on each axis; the gradient has zeros around it. */
export const slice = defineOperator({
  name: 'Slice',
  infer: (inputs) => [{ type: inputs[0]!.type, shape: boundsOf(inputs).map(([start, end]) => end - start) }],
  gradient({ graph, inputs, gradient }) {
    const { shape } = inputs[0]!;
    const bounds = boundsOf(inputs);
    const pads = [...bounds.map(([start]) => start), ...bounds.map(([, end], axis) => shape[axis]! - end)];
    return graph.apply('Pad', [gradient, graph.ints(pads)]);
  },
});
