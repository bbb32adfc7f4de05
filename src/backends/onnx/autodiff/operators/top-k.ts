import { defineOperator, integersOf, intOf } from '../operator.ts';
import { frontAxis } from '../shapes.ts';

/** The k largest (or smallest) values along an axis and their positions; each value's gradient goes where it was. */
export const topK = defineOperator({
  name: 'TopK',
  infer([x, k], attributes) {
    const axis = frontAxis('TopK', intOf(attributes, 'axis', -1), x!.shape.length);
    const shape = x!.shape.with(axis, integersOf('TopK', k!)[0]!);
    return [
      { type: x!.type, shape },
      { type: 'int64', shape },
    ];
  },
  gradient({ graph, inputs: [x], outputs: [, positions], attributes, gradient }, index) {
    if (index !== 0) return undefined;
    return graph.apply('ScatterElements', [graph.full(x!.shape, 0, x!), positions!, gradient], {
      axis: { int: intOf(attributes, 'axis', -1) },
      reduction: { string: 'add' },
    });
  },
});
