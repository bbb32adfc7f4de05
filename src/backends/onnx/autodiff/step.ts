import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/** The `alpha` by which a `HardSigmoid` is a step function. */
export const steepness = 3e38;

/**
 * 1 where x > 0, else 0. For float a steep `HardSigmoid`: one parallel pass, where casting a comparison takes several
 * times as long. (It gives less than 1 below 3.4e-39, which the session flushes to zero.)
 */
export function step(graph: GraphOperations, x: Value): Value {
  if (x.type === 'float') return graph.apply('HardSigmoid', [x], { alpha: { float: steepness }, beta: { float: 0 } });
  return graph.apply('Cast', [graph.apply('Greater', [x, graph.scalar(0, x)])], { to: { int: 11 } });
}
