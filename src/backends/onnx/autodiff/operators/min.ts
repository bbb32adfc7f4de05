import { binary } from '../binary.ts';
import { step } from '../step.ts';

/** The smaller of two values; of equal ones the first has the gradient. */
export const min = binary('Min', [
  ({ graph, gradient, a, b }) => {
    const loses = step(graph, graph.apply('Sub', [a, b]));
    return graph.apply('Sub', [gradient, graph.apply('Mul', [gradient, loses])]);
  },
  ({ graph, gradient, a, b }) => graph.apply('Mul', [gradient, step(graph, graph.apply('Sub', [a, b]))]),
]);
