import type { Tensor, Tensors } from '../../backends/backend.ts';

/** Puts the rows of several calls one below the other; all must have the same names, types and columns. */
export function joinRows(parts: readonly Tensors[]): Tensors {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? {};
  return Object.fromEntries(Object.keys(first).map((name) => [name, joinTensors(parts.map((part) => part[name]!))]));
}

function joinTensors(tensors: readonly Tensor[]): Tensor {
  const first = tensors[0]!;
  let rows = 0;
  let length = 0;
  for (const tensor of tensors) {
    rows += tensor.shape[0]!;
    length += tensor.data.length;
  }
  const shape = [rows, ...first.shape.slice(1)];
  if (first.dtype === 'string') {
    const data: string[] = [];
    for (const tensor of tensors) for (const text of tensor.data as readonly string[]) data.push(text);
    return { dtype: 'string', data, shape };
  }
  const data = new (first.data.constructor as new (length: number) => Float32Array)(length);
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data as Float32Array, at);
    at += tensor.data.length;
  }
  return { dtype: first.dtype, data, shape } as unknown as Tensor;
}

/** The rows `from` to `to` (not included) of every tensor; numbers are views, not copies. All rows are the tensors themselves. */
export function sliceRows(tensors: Tensors, from: number, to: number): Tensors {
  // A call that shares its batch with no other, which is most calls, is cut twice: for its answer, and for who watches.
  if (from === 0 && Object.values(tensors).every(({ shape }) => shape[0] === to)) return tensors;
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const [rows = 0, ...rest] = tensor.shape;
      const width = rows === 0 ? 0 : tensor.data.length / rows;
      const { data } = tensor;
      const part =
        tensor.dtype === 'string'
          ? (data as readonly string[]).slice(from * width, to * width)
          : (data as Float32Array).subarray(from * width, to * width);
      return [name, { dtype: tensor.dtype, data: part, shape: [to - from, ...rest] } as unknown as Tensor];
    }),
  );
}
