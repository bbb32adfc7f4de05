import type { Tensor, Tensors } from '../../backends/backend.ts';
import type { SignatureInput } from '../../onnx/signature.ts';
import { toCategory, toFloat32 } from './input-tensors.ts';

/** The tensors of some rows with one column in another order; the other columns are shared. */
export function withShuffled(tensors: Tensors, input: SignatureInput, order: Uint32Array): Tensors {
  const { data, shape } = tensors[input.tensor]!;
  const width = shape[1]!;
  return varied(tensors, input, (row) => data[order[row]! * width + input.index]!);
}

/** The tensors of some rows with one value in every row of a column: a number (milliseconds, 0 or 1), or a category. */
export function withValue(tensors: Tensors, input: SignatureInput, value: number | string): Tensors {
  const cell =
    typeof value === 'string'
      ? toCategory(value)
      : input.kind === 'datetime'
        ? BigInt(Math.floor(value))
        : toFloat32(value);
  return varied(tensors, input, () => cell);
}

type Cell = number | bigint | string;

function varied(tensors: Tensors, { tensor: name, index }: SignatureInput, cellAt: (row: number) => Cell): Tensors {
  const tensor = tensors[name]!;
  const [rows, width] = tensor.shape as readonly [number, number];
  const data = tensor.data.slice() as { [index: number]: Cell };
  for (let row = 0; row < rows; row++) data[row * width + index] = cellAt(row);
  return { ...tensors, [name]: { ...tensor, data } as unknown as Tensor };
}
