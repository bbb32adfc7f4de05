import { reduction } from '../reduction.ts';

/** The sum of absolute values over axes: g·sign(x). */
export const reduceL1 = reduction('ReduceL1', ({ graph, wide, x }) =>
  graph.apply('Mul', [wide, graph.apply('Sign', [x])]),
);
