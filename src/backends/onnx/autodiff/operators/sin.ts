import { elementwise } from '../operator.ts';

/** The sine. */
export const sin = elementwise('Sin', ({ graph, gradient, x }) =>
  graph.apply('Mul', [gradient, graph.apply('Cos', [x])]),
);
