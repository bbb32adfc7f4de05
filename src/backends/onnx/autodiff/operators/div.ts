import { binary } from '../binary.ts';

/** a / b: g/b, and −g·y/b. */
export const div = binary('Div', [
  ({ graph, gradient, b }) => graph.apply('Div', [gradient, b]),
  ({ graph, gradient, b, outputs: [y] }) =>
    graph.apply('Neg', [graph.apply('Div', [graph.apply('Mul', [gradient, y!]), b])]),
]);
