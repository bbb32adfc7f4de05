import type { Tensor, Tensors } from '../../backend.ts';

/**
 * The rows that an index takes, one behind the other, and the index to them there: the same numbers from less memory, for a runtime that
 * copies whatever it is fed. Where the rows are no fewer, all stays as it is.
 *
 * @param data tensors with the rows as first axis
 */
export function takenRows(data: Tensors, index: Tensor): { readonly data: Tensors; readonly index: Tensor } {
  const rows = index.data as Int32Array;
  const taken: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(data)) {
    const all = tensor.shape[0]!;
    if (rows.length >= all) return { data, index };
    taken[name] = rowsOf(tensor, rows);
  }
  return { data: taken, index: { dtype: 'int32', shape: index.shape, data: rows.map((_, at) => at) } };
}

function rowsOf(tensor: Tensor, rows: Int32Array): Tensor {
  const [all, ...rest] = tensor.shape as [number, ...number[]];
  const from = tensor.data as Float32Array;
  const size = from.length / all;
  const to = new (from.constructor as Float32ArrayConstructor)(rows.length * size);
  for (const [at, row] of rows.entries()) to.set(from.subarray(row * size, (row + 1) * size), at * size);
  return { dtype: tensor.dtype, shape: [rows.length, ...rest], data: to } as Tensor;
}
