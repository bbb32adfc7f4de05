import { elementwise } from '../operator.ts';

/** The hyperbolic tangent: g·(1 − y²). */
export const tanh = elementwise('Tanh', ({ graph, gradient, y }) =>
  graph.apply('Mul', [gradient, graph.apply('Sub', [graph.scalar(1, y), graph.apply('Mul', [y, y])])]),
);
