import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { checkData } from '../../../../src/tools/data/checks/check-data.ts';
import { applyCleaning } from '../../../../src/tools/data/clean/apply-cleaning.ts';
import { planCleaning } from '../../../../src/tools/data/clean/plan-cleaning.ts';
import { applyPreparation } from '../../../../src/tools/data/prepare/apply-preparation.ts';
import { encodeTarget } from '../../../../src/tools/data/prepare/encode-target.ts';
import { planPreparation } from '../../../../src/tools/data/prepare/plan-preparation.ts';
import { signatureInputs } from '../../../../src/tools/data/prepare/signature-inputs.ts';
import { profileTable } from '../../../../src/tools/data/profile/profile-table.ts';
import { columnOf, takeRows } from '../../../../src/tools/data/rows.ts';
import { nestedFolds } from '../../../../src/tools/data/split/folds.ts';
import { splitRows } from '../../../../src/tools/data/split/split-rows.ts';
import type { Column } from '../../../../src/tools/data/table.ts';
import { booleans, categories, datetimes, numbers, table, texts, times } from './columns.ts';

/** A column of a random kind whose values repeat, vary, are missing or are all the same. */
function randomColumn(name: string, rowCount: number, random: ReturnType<typeof createRandom>): Column {
  const missing = [0, 0, 0.1, 0.9, 1][random.integer(5)]!;
  const distinct = [1, 2, 5, rowCount, 10 * rowCount][random.integer(5)]!;
  const cells = <T>(make: (value: number) => T): (T | null)[] =>
    times(rowCount, () => (random.next() < missing ? null : make(random.integer(distinct))));
  switch (random.integer(6)) {
    case 0:
      return numbers(
        name,
        cells((value) => value * 0.37 - 3),
      );
    case 1:
      return datetimes(
        name,
        cells((value) => (value - distinct / 2) * 9_999_999_999),
      );
    case 2:
      return booleans(
        name,
        cells((value) => value % 2 === 0),
      );
    case 3:
      return texts(
        name,
        cells((value) => `text ${value}`),
      );
    case 4:
      return numbers(
        name,
        cells(() => [Number.NaN, Number.POSITIVE_INFINITY, 1e300, 0, -0][random.integer(5)]!),
      );
    default:
      return categories(
        name,
        cells((value) => `v${value}`),
      );
  }
}

describe('split, clean, prepare and check', () => {
  it('take any table, and lose no row or column without a count', () => {
    fc.assert(
      fc.property(
        fc.record({
          rowCount: fc.integer({ min: 20, max: 300 }),
          columnCount: fc.integer({ min: 1, max: 6 }),
          task: fc.constantFrom('binary', 'multiclass', 'regression'),
          missingTargets: fc.constantFrom(0, 0.3),
          seed: fc.integer(),
        }),
        ({ rowCount, columnCount, task, missingTargets, seed }) => {
          const random = createRandom(seed);
          const classes = task === 'binary' ? 2 : 4;
          const labels = times(rowCount, (i) => (i >= 8 && random.next() < missingTargets ? null : i % classes));
          const target =
            task === 'regression'
              ? numbers(
                  'y',
                  labels.map((label) => (label === null ? null : label + random.normal())),
                )
              : categories(
                  'y',
                  labels.map((label) => (label === null ? null : `c${label}`)),
                );
          const inputs = times(columnCount, (i) => randomColumn(`x${i}`, rowCount, random));
          const data = table(target, ...inputs);

          const split = splitRows({ table: data, target: 'y', task, seed });
          expect(split.train.length + split.vault.length + split.setAside.length).toBe(rowCount);
          const { inner, train: outer } = nestedFolds(split.foldsInput, split.folds, 0, 0);
          expect(inner.assignments[0]).toHaveLength(outer.length);

          const train = takeRows(data, split.train);
          const plan = planCleaning({ table: train, profile: profileTable(train), target: 'y', task });
          expect(plan.counts.columns.used + plan.counts.columns.setAside).toBe(columnCount + 1);
          const cleaned = applyCleaning(train, plan);
          const planned = planPreparation(cleaned.table, cleaned.inputs);
          expect(planned.preparation.columns.length + planned.setAside.length).toBe(cleaned.inputs.length);
          expect(signatureInputs(cleaned.table, planned.preparation)).toHaveLength(planned.preparation.columns.length);

          const features = applyPreparation(takeRows(data, split.vault), planned.preparation);
          for (const { values } of features.numbers)
            for (const value of values) expect(Math.abs(value)).not.toBe(Number.POSITIVE_INFINITY);
          for (const { codes, size } of features.categories) {
            for (const code of codes) expect(code >= 0 && code < size).toBe(true);
          }
          const encoded = encodeTarget(columnOf(cleaned.table, 'y'), task);
          expect(encoded.target.every(Number.isFinite)).toBe(true);

          const checks = checkData({
            table: train,
            vault: takeRows(data, split.vault),
            target: 'y',
            task,
            inputs: cleaned.inputs,
            seed,
          });
          for (const { score } of checks.relations) expect(score >= 0 && score <= 1).toBe(true);
          // Findings travel as JSON: no number in them may be lost.
          expect(JSON.parse(JSON.stringify(checks))).toEqual(checks);
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });
});
