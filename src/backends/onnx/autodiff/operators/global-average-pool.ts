import { defineOperator } from '../operator.ts';
import { sizeOf } from '../shapes.ts';

/** The mean of each channel. [N, C, ...sizes] → [N, C, ...ones]. */
export const globalAveragePool = defineOperator({
  name: 'GlobalAveragePool',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape.map((size, axis) => (axis < 2 ? size : 1)) }],
  gradient({ graph, inputs: [x], gradient }) {
    const share = graph.apply('Mul', [gradient, graph.scalar(1 / sizeOf(x!.shape.slice(2)), gradient)]);
    return graph.apply('Expand', [share, graph.ints(x!.shape)]);
  },
});
