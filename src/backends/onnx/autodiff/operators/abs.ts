import { elementwise } from '../operator.ts';

/** |x|; the derivative at 0 is 0. */
export const abs = elementwise('Abs', ({ graph, gradient, x }) =>
  graph.apply('Mul', [gradient, graph.apply('Sign', [x])]),
);
