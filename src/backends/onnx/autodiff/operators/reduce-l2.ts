import { reduction } from '../reduction.ts';

/** The root of the sum of squares over axes: g·x/y, and 0 where all of x is. */
export const reduceL2 = reduction('ReduceL2', ({ graph, wide, x, wideOutput }) => {
  const norm = graph.apply('Max', [wideOutput(), graph.scalar(1e-30, x)]);
  return graph.apply('Mul', [x, graph.apply('Div', [wide, norm])]);
});
