import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/** Rows up to which adding is a product with one-hot vectors. */
const oneHotRows = 512;

/**
 * Adds each row of a matrix [count, columns] to the row of a matrix of zeros [rows, columns] that its index names. By a
 * product with one-hot vectors for few rows, else by `ScatterElements`. (`ScatterND` adds repeated rows wrongly with
 * several threads.)
 */
export function addRows(graph: GraphOperations, rows: number, indices: Value, matrix: Value): Value {
  const [count, columns] = matrix.shape as [number, number];
  if (rows <= oneHotRows && matrix.type === 'float') {
    // Rows of the identity: copied by all threads, where `OneHot` takes ten times as long on one.
    const isRow = graph.apply('Gather', [graph.identity(rows), indices], { axis: { int: 0 } });
    return graph.apply('Gemm', [isRow, matrix], { transA: { int: 1 } });
  }
  const wide = graph.apply('Expand', [
    graph.apply('Reshape', [indices, graph.ints([count, 1])]),
    graph.ints([count, columns]),
  ]);
  // The zeros are worked out while running: as a constant they would fill the model.
  const zeros = graph.apply('Expand', [graph.scalar(0, matrix), graph.ints([rows, columns])]);
  return graph.apply('ScatterElements', [zeros, wide, matrix], {
    axis: { int: 0 },
    reduction: { string: 'add' },
  });
}
