import { defineOperator } from '../operator.ts';
import { broadcast } from '../shapes.ts';

/** a where the condition holds, else b; the gradient goes where the value came from. */
export const where = defineOperator({
  name: 'Where',
  infer: ([condition, a, b]) => [{ type: a!.type, shape: broadcast('Where', condition!.shape, a!.shape, b!.shape) }],
  gradient({ graph, inputs: [condition], gradient }, index) {
    const zero = graph.scalar(0, gradient);
    return graph.apply('Where', index === 1 ? [condition!, gradient, zero] : [condition!, zero, gradient]);
  },
});
