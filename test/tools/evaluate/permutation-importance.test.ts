import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { MetricId } from '../../../src/core/task-spec.ts';
import type { Prediction } from '../../../src/tools/evaluate/metric.ts';
import { meanPrediction } from '../../../src/tools/evaluate/partial-dependence.ts';
import { permutationImportance } from '../../../src/tools/evaluate/permutation-importance.ts';
import { createResampler } from '../../../src/tools/evaluate/resample.ts';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/explain/explain.json', import.meta.url), 'utf8')) as {
  readonly x: readonly (readonly number[])[];
  /** By column, by shuffle: the row whose value each row gets. */
  readonly orders: readonly (readonly (readonly number[])[])[];
  readonly cases: readonly {
    readonly metric: MetricId;
    readonly coefficients: readonly number[];
    readonly intercept: number;
    readonly truth: readonly number[];
    readonly importances: readonly (readonly number[])[];
    readonly means: readonly number[];
    readonly grid: readonly number[];
    readonly dependence: readonly number[];
  }[];
};

const resamplerOf = (rows: number) => createResampler(rows, { kind: 'rows' }, createRandom('test'));

describe.each(fixture.cases)('$metric', ({ metric, coefficients, intercept, truth, means, grid, dependence }) => {
  const isClass = metric === 'rocAuc' || metric === 'logLoss';
  const predict = (x: readonly (readonly number[])[]): Prediction => {
    const values = Float64Array.from(x, (row) =>
      row.reduce((sum, value, i) => sum + value * coefficients[i]!, intercept),
    );
    return isClass
      ? { classCount: 2, probabilities: values.map((value) => 1 / (1 + Math.exp(-value))) }
      : { classCount: 0, values };
  };
  const withColumn = (column: number, valueAt: (row: number) => number) =>
    fixture.x.map((row, i) => row.map((value, j) => (j === column ? valueAt(i) : value)));

  it('falls as scikit-learn says where a column is shuffled', () => {
    fixture.orders.forEach((orders, column) => {
      const found = permutationImportance(
        metric,
        Float64Array.from(truth),
        predict(fixture.x),
        orders.map((order) => predict(withColumn(column, (row) => fixture.x[order[row]!]![column]!))),
        resamplerOf(truth.length),
      )!;
      expect(found.drop).toBeCloseTo(means[column]!, 10);
      expect(found.low).toBeLessThan(found.drop);
      expect(found.high).toBeGreaterThan(found.drop);
    });
  });

  it('depends on a column as scikit-learn says', () => {
    const found = grid.map((at) => meanPrediction(predict(withColumn(0, () => at)))[0]!);
    found.forEach((mean, i) => {
      expect(mean).toBeCloseTo(dependence[i]!, 10);
    });
  });
});

describe('the interval', () => {
  it('holds the fall on new rows about as often as it says', () => {
    // y = x + noise, predicted by x; shuffled, the squared error grows by twice the variance of x.
    let held = 0;
    const trials = 300;
    for (let trial = 0; trial < trials; trial++) {
      const random = createRandom(`coverage ${trial}`);
      const x = Float64Array.from({ length: 80 }, () => random.normal());
      const truth = x.map((value) => value + random.normal());
      const shuffled = Array.from({ length: 5 }, () => ({ classCount: 0, values: random.shuffle(x.slice()) }));
      const found = permutationImportance(
        'r2',
        truth,
        { classCount: 0, values: x },
        shuffled,
        createResampler(80, { kind: 'rows' }, random),
      )!;
      // R² falls from 1/2 to 1 − (1 + 2)/2 = −1/2.
      if (found.low <= 1 && found.high >= 1) held++;
    }
    expect(held / trials).toBeGreaterThan(0.9);
    expect(held / trials).toBeLessThan(0.995);
  });

  it('is not there where the metric has no value', () => {
    const truth = new Float64Array(20);
    const prediction = { classCount: 2, probabilities: new Float64Array(20).fill(0.5) };
    expect(permutationImportance('rocAuc', truth, prediction, [prediction], resamplerOf(20))).toBeUndefined();
  });

  it('is a point where nothing changes', () => {
    const values = Float64Array.from({ length: 30 }, (_, i) => i);
    const found = permutationImportance(
      'rmse',
      values.map((value) => value + 1),
      { classCount: 0, values },
      [{ classCount: 0, values }],
      resamplerOf(30),
    );
    expect(found).toEqual({ drop: 0, low: 0, high: 0 });
  });
});
