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
    const spread = graph.apply('Mul', [graph.apply('Exp', [logs]), wide]);
    // Each row has one position, so that no two threads add to one place.
    return [
      graph.apply('ScatterElements', [spread, at, graph.apply('Neg', [wide])], {
        ...axis,
        reduction: { string: 'add' },
      }),
    ];
  });
}
