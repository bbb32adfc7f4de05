import { reduction } from '../reduction.ts';

/** The mean over axes. */
export const reduceMean = reduction('ReduceMean', ({ graph, wide, count }) =>
  graph.apply('Mul', [wide, graph.scalar(1 / count, wide)]),
);
