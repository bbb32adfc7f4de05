import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { type CheckInput, checkData } from '../../../../src/tools/data/checks/check-data.ts';
import { hasNameHint } from '../../../../src/tools/data/checks/check-leaks.ts';
import type { Column } from '../../../../src/tools/data/table.ts';
import { booleans, categories, datetimes, numbers, table, texts, times } from '../prepare/columns.ts';

const rows = 1000;
const random = createRandom(1);
const noise = times(rows, () => random.normal());
const labels = times(rows, () => (random.next() < 0.4 ? 'yes' : 'no'));
const values = times(rows, (i) => 3 * noise[i]! + random.normal());
const day = 86_400_000;

function check(columns: readonly Column[], change: Partial<CheckInput> = {}) {
  const data = table(...columns);
  return checkData({
    table: data,
    target: columns[0]!.name,
    task: columns[0]!.kind === 'number' ? 'regression' : 'binary',
    inputs: columns.slice(1).map(({ name }) => name),
    seed: 0,
    ...change,
  });
}
const findings = (columns: readonly Column[], change: Partial<CheckInput> = {}) =>
  check(columns, change).results.map(({ code, severity, column }) => [
    code,
    severity,
    ...(column === undefined ? [] : [column]),
  ]);

const target = categories('churn', labels);
const amount = numbers('amount', values);

describe('checkData', () => {
  it('finds nothing in data with nothing wrong', () => {
    const inputs = [
      numbers('x', noise),
      categories(
        'plan',
        times(rows, (i) => `p${i % 5}`),
      ),
      datetimes(
        'when',
        times(rows, (i) => ((i * 37) % rows) * day),
      ),
    ];
    expect(findings([target, ...inputs])).toEqual([]);
    expect(findings([amount, ...inputs])).toEqual([]);
  });

  it.each([
    ['the target again', categories('copy', labels), 'TARGET_COPY'],
    [
      'the target with missing values',
      categories(
        'copy',
        labels.map((label, i) => (i % 10 === 0 ? null : label)),
      ),
      'TARGET_COPY',
    ],
    [
      'other words for the classes',
      categories(
        'x',
        labels.map((label) => (label === 'yes' ? 'gone' : 'here')),
      ),
      'TARGET_RECODED',
    ],
    [
      'numbers for the classes',
      numbers(
        'x',
        labels.map((label) => (label === 'yes' ? 7 : 2)),
      ),
      'TARGET_RECODED',
    ],
    [
      'a flag of the same two words',
      booleans(
        'x',
        labels.map((label) => label === 'yes'),
      ),
      'TARGET_COPY',
    ],
    [
      'a measure that a threshold separates',
      numbers(
        'x',
        labels.map((label, i) => (label === 'yes' ? 5 : -5) + noise[i]! * 0.5),
      ),
      'TARGET_LEAK',
    ],
    [
      'several values of each class',
      categories(
        'x',
        labels.map((label, i) => `${label}${i % 7}`),
      ),
      'TARGET_LEAK',
    ],
  ])('finds a column that is %s', (_title, column, code) => {
    const { results } = check([target, column, numbers('z', noise)]);
    expect(results).toEqual([expect.objectContaining({ code, severity: 'severe', column: column.name })]);
    expect(results[0]?.evidence.score).toBeGreaterThan(code === 'TARGET_COPY' ? 0.9 : 0.999);
  });

  it.each([
    ['the target again', values, 'TARGET_COPY'],
    ['the target in another unit', values.map((value) => value * 1.8 + 32), 'TARGET_RECODED'],
    ['a monotone function of the target', values.map((value) => Math.exp(value)), 'TARGET_RECODED'],
    ['the target and a little noise', values.map((value, i) => value + 0.01 * Math.sin(i)), 'TARGET_LEAK'],
  ])('finds a number that is %s', (_title, cells, code) => {
    expect(findings([amount, numbers('x', cells)])).toEqual([[code, 'severe', 'x']]);
  });

  it('warns of a strong column whose name tells that it came after the target', () => {
    const strong = labels.map((label, i) => (label === 'yes' ? 1.4 : -1.4) + noise[i]!);
    expect(findings([target, numbers('churn_score', strong)])).toEqual([['TARGET_LEAK', 'warning', 'churn_score']]);
    expect(findings([target, numbers('minutes', strong)])).toEqual([]);
  });

  it('finds a column whose absence tells the target', () => {
    const reason = labels.map((label, i) => (label === 'yes' ? noise[i]! : null));
    const found = check([target, numbers('reason', reason)]).results;
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ['TARGET_LEAK', 'severe'],
      ['MISSINGNESS_LEAK', 'severe'],
      ['MANY_MISSING', 'warning'],
    ]);
  });

  it('measures how each column relates to the target, best first', () => {
    const half = labels.map((label, i) => (label === 'yes' ? 0.7 : -0.7) + noise[i]!);
    const { relations } = check([target, numbers('z', noise), numbers('half', half)]);
    expect(relations.map(({ column }) => column)).toEqual(['half', 'z']);
    // Two normal distributions 1.4 deviations apart: area Φ(1.4 / √2) = 0.839.
    expect(relations[0]?.score).toBeCloseTo(0.839, 1);
    expect(relations[1]?.score).toBeLessThan(0.56);
    const regression = check([amount, numbers('x', noise)]).relations[0];
    expect(regression).toMatchObject({ metric: 'r2', rows });
    expect(regression?.score).toBeCloseTo(0.9, 1);
  });

  it('does not take a column of names for a predictor', () => {
    const { relations } = check([
      target,
      categories(
        'id',
        times(rows, (i) => `id${i}`),
      ),
    ]);
    expect(relations[0]?.score).toBeLessThan(0.55);
  });

  it('counts rows with equal inputs and different classes', () => {
    const source = [
      categories(
        'y',
        times(400, (i) => (i % 4 === 0 ? 'a' : 'b')),
      ),
      numbers(
        'x',
        times(400, (i) => (i < 8 ? Math.floor(i / 2) * 2 : i)),
      ),
    ];
    expect(check(source).results).toEqual([
      {
        code: 'CONFLICTING_LABELS',
        severity: 'warning',
        evidence: { rows: 4, share: 0.01, bestPossibleAccuracy: 398 / 400 },
      },
    ]);
  });

  it('counts vault rows that equal learning rows, without a target in the vault', () => {
    const vault = table(numbers('x', [...noise.slice(0, 3), 17, 18]));
    const { results } = check([target, numbers('x', noise)], { vault });
    expect(results).toContainEqual({
      code: 'DUPLICATES_ACROSS_VAULT',
      severity: 'warning',
      evidence: { rows: 3, share: 0.6 },
    });
  });

  it.each([
    [90, 'warning'],
    [9, 'severe'],
  ])('reports a class of %i rows in 1,000 as %s', (count, severity) => {
    const column = categories(
      'y',
      times(rows, (i) => (i < count ? 'rare' : 'common')),
    );
    const shuffled = numbers('x', noise);
    expect(check([column, shuffled]).results).toContainEqual({
      code: 'IMBALANCE',
      severity,
      evidence: { minorityShare: count / rows, minorityRows: count, classes: 2 },
    });
  });

  it('reports constant columns', () => {
    expect(
      findings([
        target,
        numbers(
          'one',
          times(rows, () => 1),
        ),
        numbers('z', noise),
      ]),
    ).toContainEqual(['CONSTANT_COLUMN', 'info', 'one']);
  });

  it('finds a target that drifts with time, unless a time role is set', () => {
    const when = datetimes(
      'when',
      times(rows, (i) => i * day),
    );
    const drifting = numbers(
      'sales',
      times(rows, (i) => i / 200 + noise[i]!),
    );
    const { results } = check([drifting, when]);
    expect(results[0]).toMatchObject({ code: 'TIME_DRIFT', column: 'when', evidence: { rowsInOrder: 1, rows } });
    expect(findings([drifting, when], { roles: { time: 'when' } })).toEqual([]);
  });

  it('counts far target values of a regression', () => {
    const far = numbers(
      'y',
      values.map((value, i) => (i < 3 ? 1e6 : value)),
    );
    expect(check([far, numbers('x', noise)]).results).toEqual([
      expect.objectContaining({
        code: 'TARGET_OUTLIERS',
        severity: 'warning',
        evidence: expect.objectContaining({ rows: 3 }),
      }),
    ]);
  });

  it.each([
    [
      'categories',
      (i: number) =>
        categories(
          'owner',
          times(i, (row) => `o${row % 200}`),
        ),
    ],
    [
      'text that is no input',
      (i: number) =>
        texts(
          'owner',
          times(i, (row) => `o${row % 200}`),
        ),
    ],
    [
      'numbers whose name says so',
      (i: number) =>
        numbers(
          'patientId',
          times(i, (row) => row % 200),
        ),
    ],
  ])('suggests groups where entities repeat and share the target: %s', (_title, make) => {
    const column = make(rows);
    const shared = categories(
      'y',
      times(rows, (i) => labels[i % 200]!),
    );
    const found = findings([shared, column], { inputs: [] });
    expect(found).toContainEqual(['ENTITY_REPEATS', 'warning', column.name]);
    expect(findings([shared, column], { inputs: [], roles: { group: column.name } })).not.toContainEqual([
      'ENTITY_REPEATS',
      'warning',
      column.name,
    ]);
    expect(findings([target, column], { inputs: [] })).not.toContainEqual(['ENTITY_REPEATS', 'warning', column.name]);
  });

  it('is the same for the same seed, also where rows are sampled', () => {
    const columns = [target, numbers('x', noise)];
    const once = check(columns, { maxRows: 300 });
    expect(check(columns, { maxRows: 300 })).toEqual(once);
    expect(once.relations[0]?.rows).toBe(300);
  });

  it('never writes a cell value into its findings', () => {
    const secret = 'Ada Lovelace';
    const source = [
      categories(
        'y',
        times(400, (i) => (i % 2 === 0 ? secret : 'b')),
      ),
      categories(
        'x',
        times(400, (i) => (i % 2 === 0 ? secret : 'c')),
      ),
    ];
    expect(JSON.stringify(check(source))).not.toContain(secret);
  });
});

describe('hasNameHint', () => {
  it.each([
    ['churnDate', 'churn', true],
    ['days_since_churned', 'Churn', true],
    ['final_status', 'defaulted', true],
    ['tenure', 'churn', false],
    ['mpg2', 'mpg', false],
    ['finalist', 'price', false],
  ])('of %s for the target %s is %s', (name, targetName, expected) => {
    expect(hasNameHint(name, targetName)).toBe(expected);
  });
});
