import { elementwise } from '../operator.ts';
import { step } from '../step.ts';

/** x·clip(x/6 + ½, 0, 1) (Howard et al., 2019): g·(h + x/6 where h is strictly between). */
export const hardSwish = elementwise('HardSwish', ({ graph, gradient, x }) => {
  const h = graph.apply('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
  const inside = graph.apply('Mul', [step(graph, h), step(graph, graph.apply('Sub', [graph.scalar(1, h), h]))]);
  const slope = graph.apply('Mul', [graph.apply('Mul', [x, graph.scalar(1 / 6, x)]), inside]);
  return graph.apply('Mul', [gradient, graph.apply('Add', [h, slope])]);
});
