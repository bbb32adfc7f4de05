import { elementwise } from '../operator.ts';

/** log(1 + eˣ): g·sigmoid(x). */
export const softplus = elementwise('Softplus', ({ graph, gradient, x }) =>
  graph.apply('Mul', [gradient, graph.apply('Sigmoid', [x])]),
);
