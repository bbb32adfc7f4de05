import { defineOperator, unfit } from '../operator.ts';

/**
 * Slices put at positions on the first axes; no two may be put in one place. (Adding them instead is refused: the
 * runtime sums repeated positions wrongly with several threads.)
 */
export const scatterNd = defineOperator({
  name: 'ScatterND',
  infer([x], { reduction }) {
    if (reduction !== undefined && !('string' in reduction && reduction.string === 'none')) {
      throw unfit('ScatterND', 'expected no reduction');
    }
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [, indices, updates], gradient }, index) {
    if (index === 1) return undefined;
    if (index === 2) return graph.apply('GatherND', [gradient, indices!]);
    return graph.apply('ScatterND', [gradient, indices!, graph.full(updates!.shape, 0, gradient)]);
  },
});
