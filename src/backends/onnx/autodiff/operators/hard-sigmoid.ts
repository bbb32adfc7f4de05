import { elementwise, floatOf } from '../operator.ts';
import { step } from '../step.ts';

/** alpha·x + beta, cut to 0..1: alpha where the output is strictly between. */
export const hardSigmoid = elementwise('HardSigmoid', ({ graph, gradient, y, attributes }) => {
  const alpha = graph.scalar(floatOf(attributes, 'alpha', 0.2), y);
  const inside = graph.apply('Mul', [step(graph, y), step(graph, graph.apply('Sub', [graph.scalar(1, y), y]))]);
  return graph.apply('Mul', [graph.apply('Mul', [gradient, alpha]), inside]);
});
