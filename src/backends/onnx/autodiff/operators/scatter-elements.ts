import { defineOperator, intOf, unfit } from '../operator.ts';

/** Values added to others at the positions that indices give along an axis. */
export const scatterElements = defineOperator({
  name: 'ScatterElements',
  infer([x], attributes) {
    const { reduction } = attributes;
    if (reduction === undefined || !('string' in reduction) || reduction.string !== 'add') {
      throw unfit('ScatterElements', 'expected reduction to be add');
    }
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [, indices], attributes, gradient }, index) {
    if (index === 0) return gradient;
    if (index === 1) return undefined;
    return graph.apply('GatherElements', [gradient, indices!], { axis: { int: intOf(attributes, 'axis', 0) } });
  },
});
