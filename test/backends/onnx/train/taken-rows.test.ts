import { describe, expect, it } from 'vitest';
import type { Tensors } from '../../../../src/backends/backend.ts';
import { takenRows } from '../../../../src/backends/onnx/train/taken-rows.ts';

const data: Tensors = {
  x: { dtype: 'float32', shape: [4, 2], data: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31) },
  y: { dtype: 'int64', shape: [4], data: BigInt64Array.of(0n, 1n, 2n, 3n) },
};
const indexOf = (shape: readonly number[], ...rows: number[]) =>
  ({ dtype: 'int32', shape, data: Int32Array.from(rows) }) as const;

describe('takenRows', () => {
  it('has the rows in their order, repeated ones twice, and an index of the same shape', () => {
    expect(takenRows(data, indexOf([3, 1], 3, 1, 3))).toEqual({
      data: {
        x: { dtype: 'float32', shape: [3, 2], data: Float32Array.of(30, 31, 10, 11, 30, 31) },
        y: { dtype: 'int64', shape: [3], data: BigInt64Array.of(3n, 1n, 3n) },
      },
      index: indexOf([3, 1], 0, 1, 2),
    });
  });

  it('leaves the data as they are where no fewer rows would be left', () => {
    const index = indexOf([2, 2], 0, 0, 1, 2);
    expect(takenRows(data, index)).toEqual({ data, index });
  });
});
