import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { foldRows, nestedFolds } from '../../../../src/tools/data/split/folds.ts';
import { splitRows } from '../../../../src/tools/data/split/split-rows.ts';
import type { Table } from '../../../../src/tools/data/table.ts';
import { categories, datetimes, numbers, table, times } from '../prepare/columns.ts';

/** Rows with an input, a class of the given share, a time and an entity of about `perEntity` rows. */
function source(
  rowCount: number,
  options: { positiveShare?: number; perEntity?: number; seed?: number; dates?: number } = {},
): Table {
  const { positiveShare = 0.3, perEntity = 4, seed = 1, dates = rowCount } = options;
  const random = createRandom(seed);
  return table(
    numbers(
      'x',
      times(rowCount, () => random.normal()),
    ),
    categories(
      'y',
      times(rowCount, (i) => (i < 2 ? ['yes', 'no'][i]! : random.next() < positiveShare ? 'yes' : 'no')),
    ),
    numbers(
      'value',
      times(rowCount, () => random.normal() * 10),
    ),
    datetimes(
      'time',
      times(rowCount, (i) => 86_400_000 * (i < 2 ? i : random.integer(dates))),
    ),
    categories(
      'entity',
      times(rowCount, () => `e${random.integer(Math.max(2, Math.ceil(rowCount / perEntity)))}`),
    ),
  );
}

const codesOf = (data: Table, name: string): Int32Array => {
  const column = data.columns.find((candidate) => candidate.name === name);
  return column?.kind === 'category' ? column.codes : new Int32Array(0);
};
const shareOf = (data: Table, rows: Uint32Array): number => {
  const codes = codesOf(data, 'y');
  return rows.reduce((sum, row) => sum + (codes[row] === 0 ? 1 : 0), 0) / rows.length;
};
const base = { target: 'y', task: 'binary', inputs: ['x'], seed: 0 } as const;

describe('splitRows', () => {
  it.each([
    [99, 0],
    [100, 50],
    [249, 50],
    [1000, 200],
    [150_000, 20_000],
  ])('keeps of %i rows %i in the vault', (rowCount, size) => {
    const { vault, train, method } = splitRows({ ...base, table: source(rowCount) });
    expect(vault.length).toBe(size);
    expect(train.length).toBe(rowCount - size);
    expect(method).toBe(size === 0 ? 'none' : 'stratified');
  });

  it('gives every class its share in the vault and in each fold', () => {
    const data = source(1000, { positiveShare: 0.1 });
    const { train, vault, folds } = splitRows({ ...base, table: data });
    const overall = shareOf(data, Uint32Array.from(times(1000, (i) => i)));
    expect(Math.abs(shareOf(data, vault) - overall) * 200).toBeLessThanOrEqual(1);
    for (let repeat = 0; repeat < folds.repeats; repeat++) {
      for (let fold = 0; fold < folds.count; fold++) {
        const rows = foldRows(folds, repeat, fold).validation;
        expect(rows.length).toBe(160);
        expect(
          Math.abs(
            shareOf(
              data,
              rows.map((at) => train[at]!),
            ) - overall,
          ) * 160,
        ).toBeLessThanOrEqual(1.5);
      }
    }
  });

  it('balances the quantiles of a regression target', () => {
    const data = source(400);
    const { vault } = splitRows({ ...base, target: 'value', task: 'regression', table: data });
    const column = data.columns[2]!;
    const values = column.kind === 'number' ? column.values : new Float64Array(0);
    const median = values.slice().sort()[200]!;
    expect(vault.filter((row) => values[row]! < median).length).toBe(vault.length / 2);
  });

  it('keeps entities whole, and still balances the classes', () => {
    const data = source(2000, { perEntity: 8 });
    const split = splitRows({ ...base, table: data, roles: { entity: 'entity' } });
    expect(split).toMatchObject({ method: 'grouped', foldMethod: 'grouped' });
    expect(split.reasons).toContainEqual({ code: 'GROUPS_KEPT', evidence: { groups: expect.any(Number) } });
    const entity = codesOf(data, 'entity');
    const trained = new Set(split.train.map((row) => entity[row]!));
    expect(split.vault.some((row) => trained.has(entity[row]!))).toBe(false);
    expect(Math.abs(split.vault.length - 400)).toBeLessThanOrEqual(10);
    expect(shareOf(data, split.vault)).toBeCloseTo(shareOf(data, split.train), 1);
    for (let fold = 0; fold < 5; fold++) {
      const { train, validation } = foldRows(split.folds, 0, fold);
      const learned = new Set(Array.from(train, (at) => entity[split.train[at]!]!));
      expect(Array.from(validation).some((at) => learned.has(entity[split.train[at]!]!))).toBe(false);
    }
  });

  it('stratifies where the named entity never repeats, and says so', () => {
    const data = table(
      ...source(200).columns.slice(0, 2),
      categories(
        'id',
        times(200, (i) => `id${i}`),
      ),
    );
    const { method, reasons } = splitRows({ ...base, table: data, roles: { entity: 'id' } });
    expect(method).toBe('stratified');
    expect(reasons.map(({ code }) => code)).toContain('GROUPS_DO_NOT_REPEAT');
  });

  it('keeps one of two groups for the vault, however large they are', () => {
    const data = table(
      ...source(400).columns.slice(0, 2),
      categories(
        'g',
        times(400, (i) => (i < 200 ? 'a' : 'b')),
      ),
    );
    const { train, vault } = splitRows({ ...base, table: data, roles: { group: 'g' } });
    expect([train.length, vault.length]).toEqual([200, 200]);
  });

  it('tests on the latest rows where order matters, equal times on one side, and validates on later blocks', () => {
    const data = source(1500);
    const { train, vault, folds, method } = splitRows({ ...base, table: data, roles: { time: 'time' } });
    const column = data.columns[3]!;
    const at = (row: number): number => (column.kind === 'datetime' ? column.values[row]! : 0);
    expect(method).toBe('time');
    expect(Math.max(...Array.from(train, at))).toBeLessThan(Math.min(...Array.from(vault, at)));
    expect(vault.length).toBeGreaterThanOrEqual(300);
    expect(folds).toMatchObject({ kind: 'expanding', count: 5, repeats: 1 });
    for (let fold = 0; fold < 5; fold++) {
      const { train: learned, validation } = foldRows(folds, 0, fold);
      const lastLearned = Math.max(...Array.from(learned, (i) => at(train[i]!)));
      expect(lastLearned).toBeLessThan(Math.min(...Array.from(validation, (i) => at(train[i]!))));
      expect(validation.length).toBeGreaterThan(150);
    }
  });

  it('never cuts between rows of one time', () => {
    const data = table(
      ...source(300).columns.slice(0, 2),
      datetimes(
        't',
        times(300, (i) => (i * 7) % 13),
      ),
    );
    const { train, vault, folds } = splitRows({ ...base, table: data, roles: { time: 't' } });
    const at = (row: number): number => (row * 7) % 13;
    // A fifth is 60 rows, 23 a time: three whole times.
    expect(new Set(Array.from(vault, at))).toEqual(new Set([10, 11, 12]));
    expect(Array.from(train, at).every((time) => time < 10)).toBe(true);
    const blockOf = new Map<number, number>();
    train.forEach((row, i) => {
      const block = folds.assignments[0]![i]!;
      expect(blockOf.get(at(row)) ?? block).toBe(block);
      blockOf.set(at(row), block);
    });
  });

  it.each([
    ['one time holds most rows', 90, (i: number) => (i < 5 ? 1 : 2)],
    ['there is one time only', 300, () => 1],
  ])('does not split by time where %s, and says so', (_title, rowCount, time) => {
    const data = table(...source(rowCount).columns.slice(0, 2), datetimes('t', times(rowCount, time)));
    const { method, foldMethod, reasons } = splitRows({ ...base, table: data, roles: { time: 't' } });
    expect([method, foldMethod]).toEqual([rowCount < 100 ? 'none' : 'stratified', 'stratified']);
    expect(reasons.map(({ code }) => code)).toContain('TIME_NOT_SEPARABLE');
  });

  it('validates at random where one time is left to learn from', () => {
    const data = table(
      ...source(200).columns.slice(0, 2),
      datetimes(
        't',
        times(200, (i) => (i < 110 ? 1 : 2)),
      ),
    );
    const { method, foldMethod, train, reasons } = splitRows({ ...base, table: data, roles: { time: 't' } });
    expect([method, foldMethod, train.length]).toEqual(['time', 'stratified', 110]);
    expect(reasons).toContainEqual({ code: 'ONE_TIME_TO_LEARN_FROM', evidence: { rows: 110 } });
  });

  it('counts rows without a time as the oldest', () => {
    const data = table(
      ...source(200).columns.slice(0, 2),
      datetimes(
        't',
        times(200, (i) => (i > 190 ? null : i)),
      ),
    );
    const { vault, reasons } = splitRows({ ...base, table: data, roles: { time: 't' } });
    expect(vault.some((row) => row > 190)).toBe(false);
    expect(reasons).toContainEqual({ code: 'TIME_MISSING', evidence: { rows: 9 } });
  });

  it('sets rows without a target aside and counts them', () => {
    const data = table(
      numbers(
        'x',
        times(300, (i) => i),
      ),
      categories(
        'y',
        times(300, (i) => (i < 20 ? null : i % 2 === 0 ? 'a' : 'b')),
      ),
    );
    const { setAside, train, vault, reasons } = splitRows({ ...base, table: data });
    expect(Array.from(setAside)).toEqual(times(20, (i) => i));
    expect(train.length + vault.length).toBe(280);
    expect(reasons).toContainEqual({ code: 'TARGET_MISSING', evidence: { rows: 20 } });
  });

  it('keeps equal rows on one side, in the vault and in the folds', () => {
    const data = table(
      numbers(
        'x',
        times(600, (i) => (i < 150 ? i : i < 300 ? i - 150 : i)),
      ),
      categories(
        'y',
        times(600, (i) => (i % 3 === 0 ? 'a' : 'b')),
      ),
    );
    const { train, vault, folds, reasons } = splitRows({ ...base, table: data });
    const key = (row: number): number => (row >= 150 && row < 300 ? row - 150 : row);
    const outside = new Set(Array.from(train, key));
    expect(Array.from(vault, key).filter((value) => outside.has(value))).toEqual([]);
    for (const assignment of folds.assignments) {
      const foldOf = new Map<number, number>();
      train.forEach((row, i) => {
        expect(foldOf.get(key(row)) ?? assignment[i]).toBe(assignment[i]);
        foldOf.set(key(row), assignment[i]!);
      });
    }
    expect(reasons).toContainEqual({ code: 'DUPLICATES_KEPT_TOGETHER', evidence: { rows: 150, acrossVault: 0 } });
  });

  it('does not group data whose rows are mostly equal, and counts the equal rows across the vault', () => {
    const data = table(
      categories(
        'x',
        times(600, (i) => `v${i % 4}`),
      ),
      categories(
        'y',
        times(600, (i) => (i % 3 === 0 ? 'a' : 'b')),
      ),
    );
    const { vault, reasons } = splitRows({ ...base, table: data });
    expect(vault.length).toBe(120);
    expect(reasons).toContainEqual({ code: 'DUPLICATES_NOT_SEPARABLE', evidence: { rows: 596, acrossVault: 120 } });
  });

  it('leaves all rows to the folds where the host brings test data', () => {
    const { method, vault, folds } = splitRows({ ...base, table: source(2000), options: { hostTest: true } });
    expect([method, vault.length, folds.repeats]).toEqual(['none', 0, 1]);
  });

  it.each([
    [80, 5],
    [600, 3],
    [3000, 1],
  ])('repeats the folds of %i rows %i times, each time differently', (rowCount, repeats) => {
    const { folds } = splitRows({ ...base, table: source(rowCount) });
    expect(folds.assignments).toHaveLength(repeats);
    expect(new Set(folds.assignments.map(String)).size).toBe(repeats);
  });

  it('is the same for the same seed and another for another', () => {
    const data = source(500);
    const split = (seed: number) => splitRows({ ...base, table: data, seed });
    expect(split(7)).toEqual(split(7));
    expect(split(7).vault).not.toEqual(split(8).vault);
  });

  it.each([
    ['a target that is not there', { target: 'z' }, 'COLUMN_UNKNOWN'],
    ['a time column of words', { roles: { time: 'entity' } }, 'REQUEST_INVALID'],
  ])('refuses %s', (_title, change, code) => {
    expect(() => splitRows({ ...base, table: source(200), ...change })).toThrow(expect.objectContaining({ code }));
  });

  it('puts every row with a target on exactly one side, whatever the data', () => {
    fc.assert(
      fc.property(
        fc.record({
          rowCount: fc.integer({ min: 20, max: 400 }),
          perEntity: fc.integer({ min: 1, max: 60 }),
          seed: fc.integer(),
          grouped: fc.boolean(),
          timed: fc.boolean(),
          dates: fc.integer({ min: 2, max: 400 }),
        }),
        ({ rowCount, perEntity, seed, grouped, timed, dates }) => {
          const data = source(rowCount, { perEntity, seed, dates });
          const roles = { ...(grouped ? { group: 'entity' } : {}), ...(timed ? { time: 'time' } : {}) };
          const split = splitRows({ ...base, table: data, roles, seed });
          const all = [...split.train, ...split.vault, ...split.setAside].sort((a, b) => a - b);
          expect(all).toEqual(times(rowCount, (i) => i));
          expect(split.method === 'none').toBe(rowCount < 100);
          expect(split.vault.length === 0).toBe(rowCount < 100);
          for (let fold = 0; fold < split.folds.count; fold++) {
            const { train, validation } = foldRows(split.folds, 0, fold);
            expect(train.length).toBeGreaterThan(0);
            expect(validation.length).toBeGreaterThan(0);
            const nested = nestedFolds(split.foldsInput, split.folds, 0, fold);
            if (train.length > 1) expect(nested.inner.assignments[0]).toHaveLength(train.length);
          }
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });
});

describe('nestedFolds', () => {
  it.each([
    ['stratified', {}],
    ['grouped', { group: 'entity' }],
    ['by time', { time: 'time' }],
  ])('makes folds inside the learning rows of an outer fold: %s', (_title, roles) => {
    const data = source(90);
    const split = splitRows({ ...base, table: data, roles });
    const { train, validation, inner } = nestedFolds(split.foldsInput, split.folds, 0, split.folds.count - 1);
    expect(inner.assignments[0]).toHaveLength(train.length);
    expect(new Set([...train, ...validation]).size).toBe(train.length + validation.length);
    if ('group' in roles) {
      const entity = codesOf(data, 'entity');
      const rows = foldRows(inner, 0, 0);
      const of = (at: number): number => entity[split.train[train[at]!]!]!;
      const learned = new Set(Array.from(rows.train, of));
      expect(Array.from(rows.validation).some((at) => learned.has(of(at)))).toBe(false);
    }
  });
});
