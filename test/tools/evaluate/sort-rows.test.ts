import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { sortRowsFalling } from '../../../src/tools/evaluate/sort-rows.ts';

describe('sortRowsFalling', () => {
  it.each([
    [
      'numbers of all sizes and signs',
      () => (r: ReturnType<typeof createRandom>) => r.normal() * Math.exp(50 * r.normal()),
    ],
    ['ties', () => (r: ReturnType<typeof createRandom>) => r.integer(5) - 2],
    ['probabilities', () => (r: ReturnType<typeof createRandom>) => r.next()],
    [
      'zeros of both signs and infinities',
      () => (r: ReturnType<typeof createRandom>) =>
        [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324][r.integer(5)]!,
    ],
  ])('agrees with a stable comparison sort: %s', (_, of) => {
    const random = createRandom(1);
    const values = Float64Array.from({ length: 3000 }, () => of()(random));
    const expected = Array.from(values, (_, row) => row).sort((a, b) =>
      values[b]! > values[a]! ? 1 : values[b]! < values[a]! ? -1 : a - b,
    );
    expect([...sortRowsFalling(values)]).toEqual(expected);
  });

  it('takes no rows and one row', () => {
    expect([...sortRowsFalling(new Float64Array(0)), ...sortRowsFalling(new Float64Array(1))]).toEqual([0]);
  });
});
