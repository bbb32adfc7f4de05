import { defineOperator, integersOf, unfit } from '../operator.ts';

/** Zeros around a value: as many before each axis, then as many behind each; the gradient is the slice within. */
export const pad = defineOperator({
  name: 'Pad',
  infer(inputs, attributes) {
    const [x, pads] = inputs;
    const counts = integersOf('Pad', pads!);
    const rank = x!.shape.length;
    const isPlain = inputs.length === 2 && Object.keys(attributes).length === 0;
    if (!isPlain || counts.length !== 2 * rank || counts.some((count) => count < 0)) {
      throw unfit('Pad', 'expected zeros in constant numbers from 0 on all axes');
    }
    return [{ type: x!.type, shape: x!.shape.map((size, axis) => size + counts[axis]! + counts[axis + rank]!) }];
  },
  gradient({ graph, inputs: [x, pads], gradient }) {
    const starts = integersOf('Pad', pads!).slice(0, x!.shape.length);
    const ends = starts.map((start, axis) => start + x!.shape[axis]!);
    return graph.apply('Slice', [gradient, graph.ints(starts), graph.ints(ends)]);
  },
});
