import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';

/** What a layer's values are made from. */
export interface LayerContext {
  readonly graph: Graph;
  readonly name: string;
  readonly inputs: readonly Value[];
  /** A parameter of the layer by its name within it. */
  parameter(name: string): Value;
  /** Says what a running statistic is after this step. */
  update(name: string, value: Value): void;
  /** Random numbers of dropout for this step; undefined where the network predicts. */
  readonly random: ((name: string, type: 'rows' | 'columns', count: number) => Value) | undefined;
}

/** Makes the output of one kind of layer. */
export type Lower<L> = (context: LayerContext, layer: L) => Value;

/** The attribute of operators on the last axis. */
export const last = { axis: { int: -1 } } as const;

/** The last axis of a value as columns of a matrix; the batch stays free. */
export function asMatrix(graph: Graph, value: Value): Value {
  return value.shape.length === 2 ? value : graph.apply('Reshape', [value, graph.ints([-1, value.shape.at(-1)!])]);
}

/** A matrix in the shape of a value but for its last axis; the batch stays free. */
export function likeRows(graph: Graph, matrix: Value, value: Value): Value {
  if (value.shape.length === 2) return matrix;
  return graph.apply('Reshape', [matrix, graph.ints([-1, ...value.shape.slice(1, -1), matrix.shape[1]!])]);
}
