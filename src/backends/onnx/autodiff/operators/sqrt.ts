import { elementwise } from '../operator.ts';

/** The square root: g / 2√x. */
export const sqrt = elementwise('Sqrt', ({ graph, gradient, y }) =>
  graph.apply('Div', [gradient, graph.apply('Add', [y, y])]),
);
