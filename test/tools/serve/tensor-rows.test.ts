import { describe, expect, it } from 'vitest';
import type { Tensors } from '../../../src/backends/backend.ts';
import { sliceRows } from '../../../src/tools/serve/tensor-rows.ts';

const tensors: Tensors = {
  label: { dtype: 'string', shape: [3], data: ['a', 'b', 'c'] },
  scores: { dtype: 'float32', shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
};

describe('sliceRows', () => {
  it('has the rows of every tensor, numbers as views', () => {
    const { label, scores } = sliceRows(tensors, 1, 3);
    expect(label).toEqual({ dtype: 'string', shape: [2], data: ['b', 'c'] });
    expect(scores).toEqual({ dtype: 'float32', shape: [2, 2], data: Float32Array.of(2, 3, 4, 5) });
    expect((scores!.data as Float32Array).buffer).toBe((tensors.scores!.data as Float32Array).buffer);
  });

  it('cuts nothing where all rows are asked for', () => {
    expect(sliceRows(tensors, 0, 3)).toBe(tensors);
    expect(sliceRows(tensors, 0, 2)).not.toBe(tensors);
  });
});
