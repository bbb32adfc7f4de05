import { defineOperator, intOf } from '../operator.ts';
import { frontAxis, reducedShape } from '../shapes.ts';

/** The position of the largest value along an axis, the first of equal ones; nothing goes back through it. */
export const argMax = defineOperator({
  name: 'ArgMax',
  infer([x], attributes) {
    const axis = frontAxis('ArgMax', intOf(attributes, 'axis', 0), x!.shape.length);
    const keeps = intOf(attributes, 'keepdims', 1) === 1;
    return [{ type: 'int64', shape: reducedShape(x!.shape, new Set([axis]), keeps) }];
  },
  gradient: () => undefined,
});
