import { defaultMomentum } from '../../network/layers/normalisation.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';

/**
 * A running statistic after a batch: (1 − momentum)·running + momentum·weight·fresh.
 *
 * @param weight n / (n − 1) for a variance, which is kept unbiased, as in PyTorch.
 */
export function followStatistics(
  graph: Graph,
  running: Value,
  fresh: Value,
  weight: number,
  momentum = defaultMomentum,
): Value {
  return graph.apply('Add', [
    graph.apply('Mul', [running, graph.scalar(1 - momentum, running)]),
    graph.apply('Mul', [fresh, graph.scalar(momentum * weight, running)]),
  ]);
}
