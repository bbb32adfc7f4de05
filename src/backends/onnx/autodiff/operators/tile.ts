import { defineOperator, integersOf, unfit } from '../operator.ts';

/** A value repeated along each axis a constant number of times; the gradients of all copies are added. */
export const tile = defineOperator({
  name: 'Tile',
  infer([x, repeats]) {
    const counts = integersOf('Tile', repeats!);
    if (counts.length !== x!.shape.length) throw unfit('Tile', `expected a count for each axis of [${x!.shape}]`);
    return [{ type: x!.type, shape: x!.shape.map((size, axis) => size * counts[axis]!) }];
  },
  gradient({ graph, inputs: [x, repeats], gradient }) {
    const split = integersOf('Tile', repeats!).flatMap((count, axis) => [count, x!.shape[axis]!]);
    const copies = graph.apply('Reshape', [gradient, graph.ints(split)]);
    const axes = graph.ints(x!.shape.map((_, axis) => 2 * axis));
    return graph.apply('ReduceSum', [copies, axes], { keepdims: { int: 0 } });
  },
});
