import { reduction } from '../reduction.ts';

/** The sum of squares over axes: 2·g·x. */
export const reduceSumSquare = reduction('ReduceSumSquare', ({ graph, wide, x }) =>
  graph.apply('Mul', [x, graph.apply('Add', [wide, wide])]),
);
