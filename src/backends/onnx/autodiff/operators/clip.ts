import { defineOperator } from '../operator.ts';
import { step } from '../step.ts';

/** Values cut to bounds, which are scalars and may be left out; at a bound the gradient still passes, as in PyTorch. */
export const clip = defineOperator({
  name: 'Clip',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
  gradient({ graph, inputs: [x, low, high], gradient }, index) {
    if (index !== 0) return undefined;
    const without = (beyond: typeof gradient, value: typeof gradient) =>
      graph.apply('Sub', [value, graph.apply('Mul', [value, step(graph, beyond)])]);
    const above = low === undefined ? gradient : without(graph.apply('Sub', [low, x!]), gradient);
    return high === undefined ? above : without(graph.apply('Sub', [x!, high]), above);
  },
});
