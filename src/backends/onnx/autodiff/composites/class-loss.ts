import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/**
 * −log softmax(logits) at a class: logits [..., classes], int64 labels [...] → [...]. The gradient is the softmax, less
 * 1 at the class, without a one-hot vector anywhere.
 */
export function classLoss(graph: Graph, logits: Value, labels: Value): Value {
  const axis = { axis: { int: -1 } };
  const logs = graph.apply('LogSoftmax', [logits], axis);
  const at = graph.apply('Unsqueeze', [labels, graph.ints([-1])]);
  const chosen = graph.apply('Squeeze', [graph.apply('GatherElements', [logs, at], axis), graph.ints([-1])]);
  return graph.withGradient(graph.apply('Neg', [chosen]), [logits], (gradient) => {
    const wide = graph.apply('Unsqueeze', [gradient, graph.ints([-1])]);
    const less = graph.full(at.shape, -1, logits);
    // Each row has one position, so that no two threads add to one place.
    const difference = graph.apply('ScatterElements', [graph.apply('Exp', [logs]), at, less], {
      ...axis,
      reduction: { string: 'add' },
    });
    return [graph.apply('Mul', [difference, wide])];
  });
}
