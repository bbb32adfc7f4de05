import { binary } from '../binary.ts';
import { step } from '../step.ts';

/** x above zero, slope·x below, with a trained slope that broadcasts (He et al., 2015). */
export const pRelu = binary('PRelu', [
  ({ graph, gradient, a, b }) => {
    const above = step(graph, a);
    const below = graph.apply('Mul', [graph.apply('Sub', [graph.scalar(1, a), above]), b]);
    return graph.apply('Mul', [gradient, graph.apply('Add', [above, below])]);
  },
  ({ graph, gradient, a }) => graph.apply('Mul', [gradient, graph.apply('Min', [a, graph.scalar(0, a)])]),
]);
