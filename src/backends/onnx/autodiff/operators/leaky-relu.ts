import { elementwise, floatOf } from '../operator.ts';
import { step } from '../step.ts';

/** x above zero, alpha·x below: g·(alpha + (1 − alpha)·step(x)). */
export const leakyRelu = elementwise('LeakyRelu', ({ graph, gradient, x, attributes }) => {
  const alpha = floatOf(attributes, 'alpha', 0.01);
  const rise = graph.apply('Mul', [step(graph, x), graph.scalar(1 - alpha, x)]);
  return graph.apply('Mul', [gradient, graph.apply('Add', [rise, graph.scalar(alpha, x)])]);
});
