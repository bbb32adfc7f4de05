import { binary } from '../binary.ts';
import { step } from '../step.ts';

/** The larger of two values; of equal ones the first has the gradient. */
export const max = binary('Max', [
  ({ graph, gradient, a, b }) => {
    const loses = step(graph, graph.apply('Sub', [b, a]));
    return graph.apply('Sub', [gradient, graph.apply('Mul', [gradient, loses])]);
  },
  ({ graph, gradient, a, b }) => graph.apply('Mul', [gradient, step(graph, graph.apply('Sub', [b, a]))]),
]);
