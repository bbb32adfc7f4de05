import { reduction } from '../reduction.ts';

/** log Σ eˣ over axes: g·e^(x−y), the softmax. */
export const reduceLogSumExp = reduction('ReduceLogSumExp', ({ graph, wide, x, wideOutput }) =>
  graph.apply('Mul', [wide, graph.apply('Exp', [graph.apply('Sub', [x, wideOutput()])])]),
);
