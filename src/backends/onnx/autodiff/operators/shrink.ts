import { elementwise, floatOf } from '../operator.ts';
import { step } from '../step.ts';

/** Values beyond ±lambd, moved towards zero by bias, and zero between: PyTorch's `softshrink` (both the same) and `hardshrink` (no bias). */
export const shrink = elementwise('Shrink', ({ graph, gradient, x, attributes }) => {
  const size = graph.apply('Abs', [x]);
  const beyond = graph.apply('Sub', [size, graph.scalar(floatOf(attributes, 'lambd', 0.5), x)]);
  return graph.apply('Mul', [gradient, step(graph, beyond)]);
});
