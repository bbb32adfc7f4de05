import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { columnParts } from '../../../src/tools/evaluate/column-parts.ts';
import { designEffect, findWeakSlices } from '../../../src/tools/evaluate/slices.ts';

const options = { isShare: true, design: 1, pairedColumns: 8 };
const partsOf = (names: readonly string[], columns: readonly Uint8Array[]) =>
  names.map((where, column) => ({ where, column, rows: columns[column]! }));

describe('findWeakSlices', () => {
  it('finds a slice that was made weak, and how much', () => {
    const random = createRandom('weak');
    const inside = Uint8Array.from({ length: 2000 }, () => (random.next() < 0.1 ? 1 : 0));
    const other = Uint8Array.from({ length: 2000 }, () => (random.next() < 0.5 ? 1 : 0));
    const losses = Float64Array.from(inside, (is) => (random.next() < (is === 1 ? 0.5 : 0.1) ? 1 : 0));
    const { found, lookedAt } = findWeakSlices(losses, partsOf(['weak', 'other'], [inside, other]), options);
    expect(lookedAt).toBe(3);
    expect(found[0]).toMatchObject({ where: ['weak'], rows: inside.reduce((a, b) => a + b, 0) });
    expect(found[0]!.low).toBeLessThan(0.5);
    expect(found[0]!.high).toBeGreaterThan(0.5);
    expect(found[0]!.elsewhere).toBeCloseTo(0.1, 1);
  });

  it('finds a pair that is weak where neither of its parts explains it', () => {
    const random = createRandom('pair');
    const a = Uint8Array.from({ length: 4000 }, () => (random.next() < 0.3 ? 1 : 0));
    const b = Uint8Array.from({ length: 4000 }, () => (random.next() < 0.3 ? 1 : 0));
    const losses = Float64Array.from(a, (is, i) => (random.next() < (is === 1 && b[i] === 1 ? 0.6 : 0.1) ? 1 : 0));
    const { found } = findWeakSlices(losses, partsOf(['a', 'b'], [a, b]), options);
    expect(found.map(({ where }) => where.join('+'))).toContain('a+b');
    expect(findWeakSlices(losses, partsOf(['a', 'b'], [a, b]), { ...options, pairedColumns: 0 }).lookedAt).toBe(2);
  });

  it.each([
    ['wrong labels', true],
    ['absolute errors', false],
  ])('cries wolf in at most about one of twenty data sets without a weak slice: %s', (_what, isShare) => {
    let alarms = 0;
    for (let trial = 0; trial < 200; trial++) {
      const random = createRandom(`null ${trial}`);
      const columns = Array.from({ length: 12 }, () =>
        Uint8Array.from({ length: 400 }, () => (random.next() < 0.3 ? 1 : 0)),
      );
      const losses = Float64Array.from({ length: 400 }, () =>
        isShare ? (random.next() < 0.2 ? 1 : 0) : Math.abs(random.normal()),
      );
      const names = columns.map((_, i) => String(i));
      if (findWeakSlices(losses, partsOf(names, columns), { ...options, isShare }).found.length > 0) alarms++;
    }
    expect(alarms / 200).toBeLessThanOrEqual(0.08);
  });

  it('looks at no slice of fewer than 30 rows, and at none that leaves fewer', () => {
    const few = Uint8Array.from({ length: 100 }, (_, i) => (i < 29 ? 1 : 0));
    const most = Uint8Array.from({ length: 100 }, (_, i) => (i < 71 ? 1 : 0));
    expect(findWeakSlices(new Float64Array(100), partsOf(['few', 'most'], [few, most]), options)).toEqual({
      lookedAt: 0,
      found: [],
    });
  });

  it('finds nothing where nothing is wrong', () => {
    const half = Uint8Array.from({ length: 100 }, (_, i) => i % 2);
    expect(findWeakSlices(new Float64Array(100), partsOf(['half'], [half]), options).found).toEqual([]);
  });
});

describe('designEffect', () => {
  it('is 1 of independent rows, and the size of groups whose rows are the same', () => {
    const random = createRandom('design');
    const groups = Int32Array.from({ length: 4000 }, (_, i) => i >> 2);
    const same = Float64Array.from({ length: 1000 }, () => random.normal());
    expect(
      designEffect(
        Float64Array.from(groups, (group) => same[group]!),
        groups,
      ),
    ).toBeCloseTo(4, 6);
    expect(
      designEffect(
        Float64Array.from({ length: 4000 }, () => random.normal()),
        groups,
      ),
    ).toBeLessThan(1.2);
    expect(designEffect(new Float64Array(4), undefined)).toBe(1);
  });
});

describe('columnParts', () => {
  const rows = Uint32Array.from({ length: 40 }, (_, i) => i);

  it('divides numbers at their quartiles, every row once', () => {
    const values = Float64Array.from(rows, (row) => row);
    const parts = columnParts({ kind: 'number', name: 'n', values }, rows);
    expect(parts.map(({ rows: own }) => own.reduce((a, b) => a + b, 0))).toEqual([10, 10, 10, 10]);
    expect(parts[1]!.where).toEqual({ column: 'n', kind: 'range', low: 9.75, high: 19.5 });
  });

  it('keeps values of fewer than ten rows to itself, and tells of missing ones', () => {
    const codes = Int32Array.from(rows, (row) => (row < 12 ? 0 : row < 15 ? 1 : 2));
    const validity = new Uint8Array(5).fill(255);
    validity[4] = 0;
    const parts = columnParts({ kind: 'category', name: 'c', codes, dictionary: ['a', 'rare', 'b'], validity }, rows);
    expect(parts.map(({ where }) => where)).toEqual([
      { column: 'c', kind: 'missing' },
      { column: 'c', kind: 'value', value: 'b' },
      { column: 'c', kind: 'value', value: 'a' },
    ]);
  });
});
