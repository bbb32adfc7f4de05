import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { MetricId } from '../../../src/core/task-spec.ts';
import { crossValidationScore } from '../../../src/tools/evaluate/cross-validation-score.ts';
import { betaQuantile, normalCdf, normalQuantile, studentQuantile } from '../../../src/tools/evaluate/distributions.ts';
import { bootstrapGain, bootstrapMetric, probabilityMeets } from '../../../src/tools/evaluate/intervals.ts';
import type { Prediction } from '../../../src/tools/evaluate/metric.ts';
import { blockLength, createResampler, type Resampling } from '../../../src/tools/evaluate/resample.ts';

/** Class 1 scores a deviation higher. */
function scored(rowCount: number, seed: string): { truth: Float64Array; prediction: Prediction } {
  const random = createRandom(seed);
  const truth = Float64Array.from({ length: rowCount }, () => random.integer(2));
  const probabilities = truth.map((y) => 1 / (1 + Math.exp(0.5 - y - random.normal())));
  const labels = Int32Array.from(probabilities, (p) => (p >= 0.5 ? 1 : 0));
  return { truth, prediction: { classCount: 2, probabilities, labels } };
}

function intervalOf(id: MetricId, truth: Float64Array, prediction: Prediction, resampling?: Resampling) {
  const bootstrap = bootstrapMetric(id, truth, prediction, { seed: 0, ...(resampling && { resampling }) });
  if (!bootstrap.defined) throw new Error(bootstrap.reason);
  return bootstrap.interval;
}

describe('distributions', () => {
  // scipy.stats: norm.cdf, norm.ppf, t.ppf, beta.ppf
  it.each([
    ['normal cdf', normalCdf(1.5), 0.9331927987311419],
    ['normal cdf in the tail', normalCdf(-5) * 1e7, 2.866515718791933],
    ['normal quantile', normalQuantile(0.975), 1.959963984540054],
    ['t quantile', studentQuantile(0.975, 9), 2.262157162798205],
    ['t quantile of few degrees', studentQuantile(0.01, 2), -6.964556734283274],
    ['t quantile of many degrees', studentQuantile(0.975, 10_000), 1.960201239890626],
    ['beta quantile', betaQuantile(0.05, 40.5, 0.5), 0.9534027168666719],
  ])('agree with scipy: %s', (_, value, expected) => {
    expect(value).toBeCloseTo(expected, 8);
  });
});

describe('createResampler', () => {
  it('draws as many rows as there are, and each equally often on average', () => {
    for (const resampling of [{ kind: 'rows' }, { kind: 'blocks', length: 3 }] as const) {
      const resampler = createResampler(10, resampling, createRandom(1));
      const counts = new Int32Array(10);
      const sums = new Float64Array(10);
      for (let i = 0; i < 4000; i++) {
        resampler.draw(counts);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(10);
        counts.forEach((count, row) => {
          sums[row]! += count / 4000;
        });
      }
      for (const mean of sums) expect(Math.abs(mean - 1)).toBeLessThan(0.1);
    }
  });

  it('draws whole groups', () => {
    const groups = Int32Array.of(7, 7, 3, 3, 3, 9);
    const resampler = createResampler(6, { kind: 'groups', groups }, createRandom(1));
    const counts = new Int32Array(6);
    for (let i = 0; i < 20; i++) {
      resampler.draw(counts);
      expect([counts[0], counts[2], counts[2]]).toEqual([counts[1], counts[3], counts[4]]);
    }
    resampler.leaveOut(1, 3, counts);
    expect([...counts]).toEqual([1, 1, 0, 0, 0, 1]);
  });
});

describe('bootstrapMetric', () => {
  it('has the width of the textbook for a mean', () => {
    const random = createRandom(5);
    const truth = Float64Array.from({ length: 1000 }, () => 10 + random.normal());
    const { value, low, high, standardError, method } = intervalOf('mae', truth, {
      classCount: 0,
      values: truth.map(() => 0),
    });
    expect(value).toBeCloseTo(10, 0);
    expect(standardError).toBeCloseTo(1 / Math.sqrt(1000), 2);
    expect(high - low).toBeCloseTo((2 * 1.96) / Math.sqrt(1000), 2);
    expect(method).toBe('bootstrap-t');
  });

  it('is the same for the same seed, and another for another', () => {
    const { truth, prediction } = scored(200, 'a');
    const of = (seed: number) => bootstrapMetric('rocAuc', truth, prediction, { seed, resamples: 200 });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('is wider where rows repeat within groups, and where neighbours are alike', () => {
    const few = scored(100, 'b');
    const repeat = <T extends Float64Array | Int32Array>(values: T) =>
      values.constructor === Int32Array
        ? Int32Array.from({ length: 1000 }, (_, i) => values[Math.floor(i / 10)]!)
        : Float64Array.from({ length: 1000 }, (_, i) => values[Math.floor(i / 10)]!);
    const truth = repeat(few.truth) as Float64Array;
    const prediction = {
      classCount: 2,
      probabilities: repeat(few.prediction.probabilities!) as Float64Array,
      labels: repeat(few.prediction.labels!) as Int32Array,
    };
    const width = (resampling?: Resampling) => {
      const { low, high } = intervalOf('accuracy', truth, prediction, resampling);
      return high - low;
    };
    const groups = Int32Array.from({ length: 1000 }, (_, i) => Math.floor(i / 10));
    expect(width({ kind: 'groups', groups })).toBeGreaterThan(2.5 * width());
    expect(width({ kind: 'blocks', length: blockLength(1000) })).toBeGreaterThan(2 * width());
  });

  it.each([
    ['accuracy', 0.989],
    ['balancedAccuracy', 0.94],
    ['recall', 0.88],
    ['rocAuc', 0.88],
  ] as const)('does not claim certainty for %s where no error was made', (id, atLeast) => {
    const truth = Float64Array.from({ length: 200 }, (_, row) => (row < 20 ? 1 : 0));
    const prediction = { classCount: 2, probabilities: truth, labels: Int32Array.from(truth) };
    const { value, low, high, method } = intervalOf(id, truth, prediction);
    expect([value, high, method]).toEqual([1, 1, 'jeffreys']);
    expect(low).toBeLessThan(0.995);
    expect(low).toBeGreaterThan(atLeast - 0.008);
  });

  it('does not take a class without errors for a sure one, where others have some', () => {
    const truth = Float64Array.from({ length: 200 }, (_, row) => (row < 20 ? 1 : 0));
    const labels = Int32Array.from(truth, (y, row) => (row >= 180 ? 1 : y));
    const { value, low, high, method } = intervalOf('balancedAccuracy', truth, { classCount: 2, labels });
    expect([method, value]).toEqual(['jeffreys', (1 + 160 / 180) / 2]);
    // The 20 positives may hide an error rate of a tenth; the negatives alone would give ± 0.023.
    expect(low).toBeLessThan(value - 0.035);
    expect(high).toBeLessThan(value + 0.03);
  });

  it('says how many resamples lacked a class, and why a metric is undefined', () => {
    const truth = Float64Array.of(1, 0, 0, 0, 0);
    const prediction = { classCount: 2, probabilities: Float64Array.of(0.5, 0.9, 0.1, 0.2, 0.3) };
    const { undefinedResamples, resamples } = intervalOf('rocAuc', truth, prediction);
    expect(Math.abs(undefinedResamples / resamples - 0.8 ** 5)).toBeLessThan(0.05);
    expect(bootstrapMetric('rocAuc', new Float64Array(5), prediction, { seed: 0 })).toEqual({
      defined: false,
      reason: 'ONE_CLASS',
    });
  });

  it('tells how probable it is that a threshold is met, in the direction of the metric', () => {
    const { truth, prediction } = scored(300, 'c');
    for (const id of ['accuracy', 'logLoss'] as const) {
      const bootstrap = bootstrapMetric(id, truth, prediction, { seed: 0 });
      const { value, standardError } = intervalOf(id, truth, prediction);
      const worse = id === 'accuracy' ? -1 : 1;
      expect(probabilityMeets(bootstrap, value)).toBeCloseTo(0.5, 1);
      expect(probabilityMeets(bootstrap, value + 2 * worse * standardError)).toBeGreaterThan(0.95);
      expect(probabilityMeets(bootstrap, value - 2 * worse * standardError)).toBeLessThan(0.05);
    }
  });
});

describe('bootstrapGain', () => {
  it('is surer of a paired difference than two intervals are', () => {
    const random = createRandom(2);
    const truth = Float64Array.from({ length: 300 }, () => 10 * random.normal());
    const noise = truth.map(() => 3 * random.normal());
    const values = (factor: number) => ({ classCount: 0, values: truth.map((y, row) => y + factor * noise[row]!) });
    const gain = bootstrapGain('rmse', truth, values(1), values(1.05), { seed: 0 })!;
    expect(gain.gain).toBeGreaterThan(0);
    expect(gain.low).toBeGreaterThan(0);
    expect(gain.probabilityBetter).toBe(1);
    const loss = bootstrapGain('rmse', truth, values(1.05), values(1), { seed: 0 })!;
    expect([loss.gain, loss.high]).toEqual([-gain.gain, -gain.low]);
    const none = bootstrapGain('rmse', truth, values(1), values(1), { seed: 0 })!;
    expect([none.gain, none.probabilityBetter]).toEqual([0, 0.5]);
  });
});

describe('crossValidationScore', () => {
  it('is wider than the plain standard error says (Nadeau and Bengio)', () => {
    // mean 0.8, deviation 0.0158; √(1/5 + 1/4) × 0.0158 × t(0.975, 4) = 2.776
    const score = crossValidationScore('accuracy', Float64Array.of(0.78, 0.79, 0.8, 0.81, 0.82), {
      folds: 5,
      repeats: 1,
    })!;
    expect(score.value).toBeCloseTo(0.8, 12);
    expect(score.high - score.value).toBeCloseTo(Math.sqrt(0.2 + 0.25) * 0.015811388 * 2.7764451, 8);
  });

  it('leaves undefined folds out and counts them', () => {
    const score = crossValidationScore('rocAuc', Float64Array.of(0.7, Number.NaN, 0.9), { folds: 3, repeats: 1 });
    expect(score).toMatchObject({ undefinedFolds: 1, folds: 3 });
    expect(score!.value).toBeCloseTo(0.8, 12);
    expect(crossValidationScore('rocAuc', Float64Array.of(0.7, Number.NaN), { folds: 2, repeats: 1 })).toBeUndefined();
  });
});
