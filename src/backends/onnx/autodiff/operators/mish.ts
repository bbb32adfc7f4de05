import { elementwise } from '../operator.ts';

/** x·tanh(softplus(x)) (Misra, 2020): g·(t + x·sigmoid(x)·(1 − t²)). */
export const mish = elementwise('Mish', ({ graph, gradient, x }) => {
  const t = graph.apply('Tanh', [graph.apply('Softplus', [x])]);
  const bend = graph.apply('Sub', [graph.scalar(1, x), graph.apply('Mul', [t, t])]);
  const rise = graph.apply('Mul', [graph.apply('Mul', [x, graph.apply('Sigmoid', [x])]), bend]);
  return graph.apply('Mul', [gradient, graph.apply('Add', [t, rise])]);
});
