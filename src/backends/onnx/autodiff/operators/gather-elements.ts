import { defineOperator, intOf } from '../operator.ts';

/** One value an index along an axis; the gradient is added where each came from. */
export const gatherElements = defineOperator({
  name: 'GatherElements',
  infer: ([x, indices]) => [{ type: x!.type, shape: indices!.shape }],
  gradient({ graph, inputs: [x, indices], attributes, gradient }, index) {
    if (index !== 0) return undefined;
    return graph.apply('ScatterElements', [graph.full(x!.shape, 0, x!), indices!, gradient], {
      axis: { int: intOf(attributes, 'axis', 0) },
      reduction: { string: 'add' },
    });
  },
});
