import { defineOperator, intOf, unfit } from '../operator.ts';

/**
 * Values put, or added to others, at the positions that indices give along an axis. Where one is put, what was there has
 * no gradient; no two may be put in one place.
 */
export const scatterElements = defineOperator({
  name: 'ScatterElements',
  infer([x], { reduction }) {
    const kind = reduction !== undefined && 'string' in reduction ? reduction.string : 'none';
    if (kind !== 'add' && kind !== 'none') {
      throw unfit('ScatterElements', `expected reduction to be add or none, got ${kind}`);
    }
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [, indices, updates], attributes, gradient }, index) {
    const axis = { int: intOf(attributes, 'axis', 0) };
    if (index === 1) return undefined;
    if (index === 2) return graph.apply('GatherElements', [gradient, indices!], { axis });
    const { reduction } = attributes;
    if (reduction !== undefined && 'string' in reduction && reduction.string === 'add') return gradient;
    return graph.apply('ScatterElements', [gradient, indices!, graph.full(updates!.shape, 0, gradient)], { axis });
  },
});
