import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { writeFloat } from '../../../src/tools/bulk/write-float.ts';
import { shortNumber } from '../../../src/tools/serve/predictions-csv.ts';

const bytes = Buffer.alloc(64);
const written = (value: number): string => bytes.toString('latin1', 0, writeFloat(bytes, 0, value));

describe('writeFloat', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [-2.5, '-2.5'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(0.01), '0.01'],
    [Math.fround(0.00012345), '0.00012345'],
    [9999999, '9999999'],
    [1e7, '10000000'],
    [1.401298464324817e-45, '1.4013e-45'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [0.1, '0.1'],
  ])('writes %d as %s', (value, text) => {
    expect(written(value)).toBe(text);
  });

  it('writes 200,000 numbers of all sizes as shortNumber does, and each reads back as itself', () => {
    const random = createRandom('write-float');
    const view = new DataView(new ArrayBuffer(4));
    const wrong: number[] = [];
    for (let i = 0; i < 200_000; i++) {
      // Half of them probabilities, a quarter any bits, a quarter with few digits.
      view.setUint32(0, random.integer(2 ** 32));
      const kind = i % 4;
      const value =
        kind < 2
          ? Math.fround(random.next())
          : kind === 2
            ? view.getFloat32(0)
            : Math.fround(random.integer(1e6) / 1000);
      const text = written(value);
      if (text !== shortNumber(value) || !Object.is(Math.fround(Number(text)), value)) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });
});
