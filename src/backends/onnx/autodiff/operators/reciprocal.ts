import { elementwise } from '../operator.ts';

/** 1/x: −g·y². */
export const reciprocal = elementwise('Reciprocal', ({ graph, gradient, y }) =>
  graph.apply('Neg', [graph.apply('Mul', [gradient, graph.apply('Mul', [y, y])])]),
);
