import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/**
 * The sum of the rows of a matrix, each times a weight: [rows, columns] → [columns]. By a product with a vector, which is
 * ten times as fast as `ReduceSum` over the first axis.
 */
export function sumRows(graph: GraphOperations, matrix: Value, weight = 1): Value {
  return graph.apply('MatMul', [graph.full([matrix.shape[0]!], weight, matrix), matrix]);
}
