import { defineOperator, integersOf } from '../operator.ts';
import { broadcast } from '../shapes.ts';

/** Broadcast to a shape; the engine sums the gradient back. */
export const expand = defineOperator({
  name: 'Expand',
  infer: ([x, shape]) => [{ type: x!.type, shape: broadcast('Expand', x!.shape, integersOf('Expand', shape!)) }],
  gradient: ({ gradient }) => gradient,
});
