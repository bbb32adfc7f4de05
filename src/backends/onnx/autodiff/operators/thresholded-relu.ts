import { elementwise, floatOf } from '../operator.ts';
import { step } from '../step.ts';

/** x above alpha, else 0. */
export const thresholdedRelu = elementwise('ThresholdedRelu', ({ graph, gradient, x, attributes }) => {
  const beyond = graph.apply('Sub', [x, graph.scalar(floatOf(attributes, 'alpha', 1), x)]);
  return graph.apply('Mul', [gradient, step(graph, beyond)]);
});
