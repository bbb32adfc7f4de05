import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { DistinctCounter } from '../../../../src/tools/data/profile/distinct-counter.ts';
import { orderStatistics, quantiles } from '../../../../src/tools/data/profile/order-statistics.ts';
import { profileTable } from '../../../../src/tools/data/profile/profile-table.ts';
import { readTable } from '../../../../src/tools/data/read-table.ts';
import { takeRows } from '../../../../src/tools/data/rows.ts';

const profileOf = async (records: readonly object[]) => {
  const { table } = await readTable({ kind: 'records', records });
  const { columns, ...rest } = profileTable(table);
  return { ...rest, columns: Object.fromEntries(columns.map((column) => [column.name, column])), table };
};

describe('a profile', () => {
  it('measures numbers as numpy does', async () => {
    // numpy: x = [1, 2, 3, 4, 10]; mean 4, std(ddof=1) 3.5355339059327378, percentile(x, [1, 5, 25, 50, 75, 95, 99])
    const { columns } = await profileOf([3, 1, null, 10, 2, 4].map((x) => ({ x })));
    expect(columns.x).toMatchObject({ missing: 1, distinct: 5, distinctExact: true, identifier: false });
    expect(columns.x!.numeric).toMatchObject({ min: 1, max: 10, mean: 4, integers: true, zeros: 0, negatives: 0 });
    expect(columns.x!.numeric!.deviation).toBeCloseTo(3.5355339059327378, 14);
    const expected = [1.04, 1.2, 2, 3, 4, 8.8, 9.76];
    for (const [index, value] of columns.x!.numeric!.quantiles.entries())
      expect(value).toBeCloseTo(expected[index]!, 12);
    expect(columns.x!.numeric!.histogram).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(columns.x!.top).toHaveLength(5);
  });

  it('measures categories, booleans, dates and texts', async () => {
    const { columns } = await profileOf(
      Array.from({ length: 60 }, (_, i) => ({
        c: i % 10 === 0 ? null : i % 3 === 0 ? 'a' : 'b',
        b: i < 20 ? 'yes' : 'no',
        d: new Date(i * 1000),
        t: `word ${i} näher`,
      })),
    );
    expect(columns.c).toMatchObject({ missing: 6, distinct: 2 });
    expect(columns.c!.top).toEqual([
      { value: 'b', count: 36 },
      { value: 'a', count: 18 },
    ]);
    expect(columns.b).toMatchObject({
      kind: 'boolean',
      numeric: { mean: 1 / 3 },
      top: [{ value: 'no', count: 40 }, { value: 'yes' }],
    });
    expect(columns.d).toMatchObject({
      kind: 'datetime',
      distinct: 60,
      numeric: { min: 0, max: 59000 },
      identifier: false,
    });
    expect(columns.t).toMatchObject({
      kind: 'text',
      distinct: 60,
      text: { maxLength: 13, meanWords: 3 },
      identifier: false,
    });
  });

  it.each<[string, (i: number) => unknown, boolean]>([
    ['a running number', (i) => i + 1, true],
    ['shuffled numbers of rows', (i) => (i * 37) % 100, true],
    ['phone numbers', (i) => 491_700_000_000 + ((i * 7919) % 1_000_003) * 977, true],
    ['short codes', (i) => `K-${i * 17}`, true],
    ['areas that happen to differ', (i) => ((i * 611_953) % 1_000_003) + 400, false],
    ['measurements', (i) => (i * 0.37) % 5, false],
    ['sentences', (i) => `this is sentence ${i}`, false],
    ['a constant', () => 1, false],
  ])('says of %s whether it is an identifier', async (_name, value, identifier) => {
    const { columns } = await profileOf(Array.from({ length: 100 }, (_, i) => ({ v: value(i) })));
    expect(columns.v!.identifier).toBe(identifier);
  });

  it('counts rows that repeat an earlier one, missing values and minus zero alike', async () => {
    const rows = [
      { a: 1, b: 'x' },
      { a: null, b: 'x' },
      { a: 0, b: 'x' },
      { a: -0, b: 'x' },
      { a: 1, b: 'x' },
      { a: null, b: 'x' },
      { a: 1, b: null },
      { a: 1, b: 'x' },
    ];
    expect((await profileOf(rows)).duplicateRows).toBe(4);
    const { table } = await profileOf(Array.from({ length: 500 }, (_, i) => ({ a: i, t: `text ${i}` })));
    expect(
      profileTable(
        takeRows(
          table,
          Uint32Array.from({ length: 700 }, (_, i) => i % 500),
        ),
      ).duplicateRows,
    ).toBe(200);
  });

  it('does not count dictionary entries that no row uses', async () => {
    const { table } = await profileOf([{ c: 'a' }, { c: 'b' }, { c: 'c' }]);
    const { columns } = profileTable(takeRows(table, Uint32Array.of(1, 1)));
    expect(columns[0]).toMatchObject({ distinct: 1, top: [{ value: 'b', count: 2 }] });
  });

  it('stands a column without values', async () => {
    const { columns } = await profileOf([
      { a: null, b: 1 },
      { a: null, b: 1 },
    ]);
    expect(columns.a).toMatchObject({ missing: 2, distinct: 0 });
    expect(columns.a!.numeric).toBeUndefined();
  });
});

describe('order statistics', () => {
  it('are those of the sorted values', () => {
    const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (few) => {
        // Repeated until it is too long to be sorted whole.
        const values = Float64Array.from({ length: 9000 }, (_, i) => few[i % few.length]! + (i % 90 === 0 ? i : 0));
        const sorted = values.slice().sort();
        const ranks = [0, 1, 4000, 4001, 8998, 8999];
        expect(orderStatistics(values, ranks)).toEqual(ranks.map((rank) => sorted[rank]));
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('interpolate between neighbours', () => {
    expect(quantiles(Float64Array.of(10, 20), [0, 0.25, 1])).toEqual([10, 12.5, 20]);
    expect(quantiles(Float64Array.of(5), [0.01, 0.99])).toEqual([5, 5]);
  });
});

describe('counting distinct values', () => {
  it('is exact up to 100,000 and within 3 % beyond', () => {
    const random = createRandom(1);
    for (const [size, isExact] of [
      [99_999, true],
      [400_000, false],
    ] as const) {
      const counter = new DistinctCounter();
      for (let i = 0; i < size; i++) counter.add(i, 7);
      for (let i = 0; i < 1000; i++) counter.add(random.integer(size), 7);
      expect(counter.isExact).toBe(isExact);
      expect(Math.abs(counter.count - size)).toBeLessThanOrEqual(isExact ? 0 : size * 0.03);
    }
  });
});
