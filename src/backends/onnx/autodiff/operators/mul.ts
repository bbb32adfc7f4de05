import { binary } from '../binary.ts';

/** a·b. */
export const mul = binary('Mul', [
  ({ graph, gradient, b }) => graph.apply('Mul', [gradient, b]),
  ({ graph, gradient, a }) => graph.apply('Mul', [gradient, a]),
]);
