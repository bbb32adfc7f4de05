import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/**
 * Batch normalisation of the columns of a matrix [rows, C] by their own statistics. Means are products with ones, which
 * are ten times as fast as a reduction over the first axis.
 */
export function normaliseRows(
  graph: GraphOperations,
  x: Value,
  scale: Value,
  shift: Value,
  epsilon: number,
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const [rows, width] = x.shape as [number, number];
  const average = (value: Value): Value =>
    graph.apply('Reshape', [graph.apply('MatMul', [graph.full([1, rows], 1 / rows, x), value]), graph.ints([width])]);
  const mean = average(x);
  const centred = graph.apply('Sub', [x, mean]);
  const variance = average(graph.apply('Mul', [centred, centred]));
  const root = graph.apply('Sqrt', [graph.apply('Add', [variance, graph.scalar(epsilon, x)])]);
  const factor = graph.apply('Div', [scale, root]);
  const y = graph.apply('Add', [graph.apply('Mul', [centred, factor]), shift]);
  return { y, mean, variance };
}
