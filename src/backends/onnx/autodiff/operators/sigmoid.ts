import { elementwise } from '../operator.ts';

/** 1 / (1 + e⁻ˣ): g·y·(1 − y). */
export const sigmoid = elementwise('Sigmoid', ({ graph, gradient, y }) =>
  graph.apply('Mul', [gradient, graph.apply('Sub', [y, graph.apply('Mul', [y, y])])]),
);
