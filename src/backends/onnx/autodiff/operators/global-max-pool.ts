import { defineOperator } from '../operator.ts';
import { sizeOf } from '../shapes.ts';

/** The largest value of each channel; of equal ones the first has the gradient. [N, C, ...sizes] → [N, C, ...ones]. */
export const globalMaxPool = defineOperator({
  name: 'GlobalMaxPool',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape.map((size, axis) => (axis < 2 ? size : 1)) }],
  gradient({ graph, inputs: [x], gradient }) {
    const lines = graph.ints([sizeOf(x!.shape.slice(0, 2)), sizeOf(x!.shape.slice(2))]);
    const flat = graph.apply('Reshape', [x!, lines]);
    const place = graph.apply('ArgMax', [flat], { axis: { int: 1 } });
    const arriving = graph.apply('Reshape', [gradient, graph.ints(place.shape)]);
    const zeros = graph.apply('Expand', [graph.scalar(0, x!), lines]);
    const made = graph.apply('ScatterElements', [zeros, place, arriving], {
      axis: { int: 1 },
      reduction: { string: 'add' },
    });
    return graph.apply('Reshape', [made, graph.ints(x!.shape)]);
  },
});
