import { defineOperator, unfit } from '../operator.ts';

/** The upper or lower triangle of the last two axes, zeros elsewhere; the gradient's same triangle. */
export const trilu = defineOperator({
  name: 'Trilu',
  infer([x]) {
    if (x!.shape.length < 2) throw unfit('Trilu', `expected at least two axes, got [${x!.shape}]`);
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient: ({ graph, inputs: [, ...diagonal], attributes, gradient }) =>
    graph.apply('Trilu', [gradient, ...diagonal], attributes),
});
