import { describe, expect, it } from 'vitest';
import { applyCleaning } from '../../../../src/tools/data/clean/apply-cleaning.ts';
import { mergeLabels } from '../../../../src/tools/data/clean/merge-labels.ts';
import { planCleaning } from '../../../../src/tools/data/clean/plan-cleaning.ts';
import type { TableProfile } from '../../../../src/tools/data/profile/profile.ts';
import { columnKeys } from '../../../../src/tools/data/split/column-keys.ts';
import type { Table } from '../../../../src/tools/data/table.ts';
import { booleans, categories, datetimes, numbers, table, texts, times } from '../prepare/columns.ts';

const rows = 100;

/** The facts that cleaning reads, of a table. */
function profileOf(data: Table, identifiers: readonly string[] = []): TableProfile {
  return {
    rowCount: data.rowCount,
    duplicateRows: 0,
    columns: data.columns.map((column) => ({
      name: column.name,
      kind: column.kind,
      missing: 0,
      distinct: columnKeys(column, data.rowCount).count,
      distinctExact: true,
      identifier: identifiers.includes(column.name),
    })),
  };
}

const data = table(
  numbers(
    'id',
    times(rows, (i) => i),
  ),
  numbers(
    'x',
    times(rows, (i) => i % 7),
  ),
  categories(
    'label',
    times(rows, (i) => (i < 3 ? null : i % 3 === 0 ? 'a' : 'b')),
  ),
  numbers(
    'same',
    times(rows, (i) => i % 7),
  ),
  numbers(
    'close',
    times(rows, (i) => (i % 7) + (i === 50 ? 1e-9 : 0)),
  ),
  categories(
    'town',
    times(rows, (i) => `t${i % 4}`),
  ),
  categories(
    'code',
    times(rows, (i) => ['b', 'a', 'd', 'c'][i % 4]!),
  ),
  texts(
    'note',
    times(rows, (i) => `note ${i}`),
  ),
  booleans(
    'flag',
    times(rows, () => true),
  ),
  numbers(
    'sometimes',
    times(rows, (i) => (i % 2 === 0 ? 1 : null)),
  ),
  numbers(
    'never',
    times(rows, () => null),
  ),
  numbers(
    'weight',
    times(rows, (i) => 1 + (i % 2)),
  ),
  datetimes(
    'when',
    times(rows, (i) => i),
  ),
  numbers(
    'secret',
    times(rows, (i) => i % 5),
  ),
);
const input = {
  table: data,
  profile: profileOf(data, ['id', 'when']),
  target: 'label',
  task: 'binary',
  inputs: data.columns.map(({ name }) => name).filter((name) => !['label', 'weight', 'secret'].includes(name)),
  roles: { weight: 'weight', time: 'when' },
} as const;

describe('planCleaning', () => {
  it('sets aside each column that can not help, with its reason', () => {
    const plan = planCleaning(input);
    expect(
      plan.columns.map((column) => (column.action === 'use' ? [column.column] : [column.column, column.reason])),
    ).toEqual([
      ['id', 'identifier'],
      ['x'],
      ['label', 'target'],
      ['same', 'duplicate'],
      ['close'],
      ['town'],
      ['code', 'duplicate'],
      ['note', 'text'],
      ['flag', 'constant'],
      ['sometimes'],
      ['never', 'all-missing'],
      ['weight', 'role'],
      ['when'],
      ['secret', 'ignored'],
    ]);
    expect(plan.columns[3]).toEqual({
      column: 'same',
      action: 'set-aside',
      reason: 'duplicate',
      present: 100,
      distinct: 7,
      of: 'x',
    });
    expect(plan.columns[6]).toMatchObject({ of: 'town' });
  });

  it('reports counts that add up', () => {
    const { counts, columns } = planCleaning({ ...input, malformedRows: 4 });
    expect(counts.rows).toEqual({ source: 104, used: 97, setAside: 7, missingTarget: 3, malformed: 4 });
    expect(counts.columns).toEqual({ source: 14, used: 5, setAside: 9 });
    expect(columns.filter(({ action }) => action === 'use')).toHaveLength(counts.columns.used);
  });

  it('reports classes of fewer than five rows, after merging spellings', () => {
    const labels = [...times(50, () => 'yes'), ...times(4, () => 'maybe'), ...times(4, () => 'no'), 'No', ' yes'];
    const source = table(
      categories('y', labels),
      numbers(
        'x',
        times(60, (i) => i % 9),
      ),
    );
    const plan = planCleaning({ table: source, profile: profileOf(source), target: 'y', task: 'multiclass' });
    expect(plan.rareClasses).toEqual([{ label: 'maybe', rows: 4 }]);
    expect(plan.labelMerges).toEqual([
      { to: 'no', rows: 4, from: [{ label: 'No', rows: 1 }] },
      { to: 'yes', rows: 50, from: [{ label: ' yes', rows: 1 }] },
    ]);
  });

  it('refuses a column that is not there', () => {
    expect(() => planCleaning({ ...input, target: 'none' })).toThrow(
      expect.objectContaining({ code: 'COLUMN_UNKNOWN' }),
    );
  });
});

describe('mergeLabels', () => {
  const merge = (counts: Record<string, number>) => mergeLabels(new Map(Object.entries(counts)));

  it('keeps two frequent labels of different case apart, and tells', () => {
    expect(merge({ A: 40, a: 30, b: 5 })).toEqual({ merges: [], similar: [['A', 'a']] });
  });

  it('takes white space for no difference, however frequent', () => {
    expect(merge({ 'new  york': 40, 'new york': 40 }).merges).toEqual([
      { to: 'new  york', rows: 40, from: [{ label: 'new york', rows: 40 }] },
    ]);
  });

  it('leaves different words alone', () => {
    expect(merge({ yes: 40, yess: 1 })).toEqual({ merges: [], similar: [] });
  });
});

describe('applyCleaning', () => {
  it('keeps inputs, target and roles, and says which rows have a target', () => {
    const cleaned = applyCleaning(data, planCleaning(input));
    expect(cleaned.inputs).toEqual(['x', 'close', 'town', 'sometimes', 'when']);
    expect(cleaned.table.columns.map(({ name }) => name)).toEqual([
      'x',
      'label',
      'close',
      'town',
      'sometimes',
      'weight',
      'when',
    ]);
    expect(Array.from(cleaned.rows)).toEqual(times(97, (i) => i + 3));
  });

  it('gives merged labels one spelling, also in rows that the plan never saw', () => {
    const source = table(
      categories('y', [...times(20, () => 'yes'), ...times(20, () => 'no'), 'YES']),
      numbers(
        'x',
        times(41, (i) => i % 9),
      ),
    );
    const plan = planCleaning({ table: source, profile: profileOf(source), target: 'y', task: 'binary' });
    const { table: cleaned } = applyCleaning(
      table(categories('y', ['YES', 'new', null, 'no']), numbers('x', [1, 2, 3, 4])),
      plan,
    );
    const [column] = cleaned.columns;
    expect(column?.kind === 'category' && Array.from(column.codes, (code) => column.dictionary[code])).toEqual([
      'yes',
      'new',
      'yes',
      'no',
    ]);
    expect(column?.validity?.[0]).toBe(0b1011);
  });

  it('keeps all rows of data to predict, which have no target', () => {
    const plan = planCleaning(input);
    const { rows: kept } = applyCleaning(
      { rowCount: rows, columns: data.columns.filter(({ name }) => name !== 'label') },
      plan,
    );
    expect(kept).toHaveLength(rows);
  });
});
