import { defineOperator, intsOf } from '../operator.ts';
import type { Attributes } from '../value.ts';

function orderOf(attributes: Attributes, rank: number): readonly number[] {
  return intsOf(attributes, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** Axes in another order; the gradient in the order back. */
export const transpose = defineOperator({
  name: 'Transpose',
  infer: ([x], attributes) => [
    { type: x!.type, shape: orderOf(attributes, x!.shape.length).map((axis) => x!.shape[axis]!) },
  ],
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const order = orderOf(attributes, x!.shape.length);
    return graph.apply('Transpose', [gradient], { perm: { ints: order.map((_, axis) => order.indexOf(axis)) } });
  },
});
