import type { Loss } from '../../network/loss.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import type { LoweredLoss } from './lower-loss.ts';

/** 1 where an output is right and 0 where it is wrong, and whether each counts. */
export function lowerAccuracy(graph: Graph, loss: Loss, output: Value, target: Value): LoweredLoss {
  const asNumber = (value: Value) => graph.apply('Cast', [value], { to: { int: 1 } });
  if (loss.kind === 'binary-cross-entropy') {
    const said = graph.apply('Greater', [output, graph.scalar(0, output)]);
    const is = graph.apply('Greater', [target, graph.scalar(0.5, target)]);
    return { values: asNumber(graph.apply('Equal', [said, is])) };
  }
  const largest = (value: Value) => graph.apply('ArgMax', [value], { axis: { int: -1 }, keepdims: { int: 0 } });
  const labels = target.type === 'float' ? largest(target) : target;
  const values = asNumber(graph.apply('Equal', [largest(output), labels]));
  if (loss.kind !== 'cross-entropy' || loss.ignoreIndex === undefined) return { values };
  const isIgnored = graph.apply('Equal', [labels, graph.scalar(loss.ignoreIndex, labels)]);
  return { values, weights: asNumber(graph.apply('Not', [isIgnored])) };
}
