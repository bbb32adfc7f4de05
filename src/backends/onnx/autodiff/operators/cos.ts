import { elementwise } from '../operator.ts';

/** The cosine. */
export const cos = elementwise('Cos', ({ graph, gradient, x }) =>
  graph.apply('Neg', [graph.apply('Mul', [gradient, graph.apply('Sin', [x])])]),
);
