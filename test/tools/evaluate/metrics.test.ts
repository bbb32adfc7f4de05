import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type BuiltInMetric, metricIds } from '../../../src/core/task-spec.ts';
import type { Prediction } from '../../../src/tools/evaluate/metric.ts';
import { isBetter, metrics, metricValue } from '../../../src/tools/evaluate/metrics.ts';

interface Case {
  readonly name: string;
  readonly classCount: number;
  readonly truth: number[];
  readonly probabilities?: number[];
  readonly labels?: number[];
  readonly values?: number[];
  readonly weights: number[] | null;
  readonly expected: Readonly<Partial<Record<BuiltInMetric, number>>>;
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/evaluate/metrics.json', import.meta.url), 'utf8'),
) as {
  cases: Case[];
};

const predictionOf = (c: Case): Prediction => ({
  classCount: c.classCount,
  ...(c.probabilities && { probabilities: Float64Array.from(c.probabilities) }),
  ...(c.labels && { labels: Int32Array.from(c.labels) }),
  ...(c.values && { values: Float64Array.from(c.values) }),
});

describe('metrics', () => {
  it.each(cases)('agree with scikit-learn: $name', (c) => {
    const weights = c.weights === null ? undefined : Float64Array.from(c.weights);
    for (const [id, expected] of Object.entries(c.expected)) {
      const value = metricValue(id as BuiltInMetric, Float64Array.from(c.truth), predictionOf(c), weights);
      expect(Math.abs(value - expected), `${id}: ${value} against ${expected}`).toBeLessThan(
        1e-12 * Math.max(1, expected),
      );
    }
  });

  it('cover every metric that can be asked for, each against a fixture', () => {
    const tested = new Set(cases.flatMap((c) => Object.keys(c.expected)));
    expect([...metricIds].filter((id) => !tested.has(id) || metrics[id].id !== id)).toEqual([]);
  });

  it.each(cases)('count rows as if they were repeated: $name', (c) => {
    const counts = Int32Array.from(c.truth, (_, row) => (row * 7) % 4);
    const rows = c.truth.flatMap((_, row) => new Array<number>(counts[row]!).fill(row));
    const pick = (values: ArrayLike<number>, width = 1) =>
      rows.flatMap((row) => Array.from({ length: width }, (_, j) => values[row * width + j]!));
    const prediction = predictionOf(c);
    const width = c.classCount > 2 ? c.classCount : 1;
    const repeated: Prediction = {
      classCount: c.classCount,
      ...(prediction.probabilities && { probabilities: Float64Array.from(pick(prediction.probabilities, width)) }),
      ...(prediction.labels && { labels: Int32Array.from(pick(prediction.labels)) }),
      ...(prediction.values && { values: Float64Array.from(pick(prediction.values)) }),
    };
    for (const id of Object.keys(c.expected) as BuiltInMetric[]) {
      const counted = metrics[id].prepare(Float64Array.from(c.truth), prediction)(counts);
      expect(counted, id).toBeCloseTo(metricValue(id, Float64Array.from(pick(c.truth)), repeated), 10);
    }
  });

  it.each([
    ['rocAuc', [1, 1, 1], 'ONE_CLASS'],
    ['averagePrecision', [0, 0, 0], 'NO_POSITIVES'],
    ['balancedAccuracy', [0, 0, 0], 'ONE_CLASS'],
    ['recall', [0, 0, 0], 'NO_POSITIVES'],
    ['specificity', [1, 1, 1], 'NO_NEGATIVES'],
    ['mcc', [1, 1, 1], 'ONE_CLASS'],
    ['r2', [5, 5, 5], 'CONSTANT_TRUTH'],
    ['mape', [0, 1, 2], 'ZERO_TRUTH'],
    ['accuracy', [], 'NO_ROWS'],
    ['rmse', [], 'NO_ROWS'],
  ] as const)('%s of %j is undefined because of %s', (id, truth, reason) => {
    const prediction = {
      classCount: metrics[id].needs === 'values' ? 0 : 2,
      labels: Int32Array.from(truth, () => 0),
      probabilities: Float64Array.from(truth, (_, row) => 0.1 * row),
      values: Float64Array.from(truth, (_, row) => row),
    };
    expect(metrics[id].compute(Float64Array.from(truth), prediction)).toEqual({ defined: false, reason });
  });

  it('say that a prediction is not finite, rather than something of the rows', () => {
    const prediction = { classCount: 2, probabilities: Float64Array.of(0.5, Number.NaN) };
    expect(metrics.logLoss.compute(Float64Array.of(0, 1), prediction)).toEqual({
      defined: false,
      reason: 'NOT_FINITE',
    });
  });

  it('refuse a prediction of the wrong length or kind', () => {
    const truth = Float64Array.of(0, 1);
    expect(() => metrics.accuracy.compute(truth, { classCount: 2 })).toThrow('expected labels');
    expect(() => metrics.rocAuc.compute(truth, { classCount: 3, probabilities: new Float64Array(2) })).toThrow(
      'expected 6 probabilities, got 2',
    );
  });

  it('know their direction', () => {
    expect([isBetter('rmse', 1, 2), isBetter('rocAuc', 1, 2)]).toEqual([true, false]);
  });
});
