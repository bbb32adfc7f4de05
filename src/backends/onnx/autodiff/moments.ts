import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/** A vector of channels in a shape that broadcasts to [N, C, ...sizes]. */
export function channelwise(graph: GraphOperations, vector: Value, rank: number): Value {
  return graph.apply('Reshape', [vector, graph.ints([vector.shape[0]!, ...new Array<number>(rank - 2).fill(1)])]);
}

/** Statistics over axes, which are kept. */
export interface Moments {
  readonly mean: Value;
  readonly variance: Value;
  /** Values minus their mean. */
  readonly centred: Value;
  /** 1/√(variance + epsilon). */
  readonly inverse: Value;
}

/** Mean and variance over axes, and what normalises with them. */
export function moments(graph: GraphOperations, x: Value, axes: readonly number[], epsilon: number): Moments {
  const average = (value: Value) => graph.apply('ReduceMean', [value, graph.ints(axes)], { keepdims: { int: 1 } });
  const mean = average(x);
  const centred = graph.apply('Sub', [x, mean]);
  const variance = average(graph.apply('Mul', [centred, centred]));
  const root = graph.apply('Sqrt', [graph.apply('Add', [variance, graph.scalar(epsilon, x)])]);
  return { mean, variance, centred, inverse: graph.apply('Reciprocal', [root]) };
}

/** What goes back through (x − mean)/deviation over axes: r·(g − mean(g) − n·mean(g·n)). */
export function backThroughMoments(
  graph: GraphOperations,
  gradient: Value,
  normal: Value,
  inverse: Value,
  axes: readonly number[],
): Value {
  const mean = (value: Value) => graph.apply('ReduceMean', [value, graph.ints(axes)], { keepdims: { int: 1 } });
  const along = graph.apply('Mul', [normal, mean(graph.apply('Mul', [gradient, normal]))]);
  const rest = graph.apply('Sub', [graph.apply('Sub', [gradient, mean(gradient)]), along]);
  return graph.apply('Mul', [rest, inverse]);
}
