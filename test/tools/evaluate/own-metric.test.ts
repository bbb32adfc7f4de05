import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { withMetrics } from '../../../src/core/metric-scope.ts';
import { chooseDecision } from '../../../src/tools/evaluate/choose-decision.ts';
import { costMetric, defineMetric, type OwnMetric } from '../../../src/tools/evaluate/define-metric.ts';
import { bootstrapGain, bootstrapMetric } from '../../../src/tools/evaluate/intervals.ts';
import { metricOf } from '../../../src/tools/evaluate/metrics.ts';
import { checkMetric } from '../../../src/tools/evaluate/own-metric.ts';
import { searchScore } from '../../../src/tools/evaluate/search-score.ts';

const within = <T>(metric: OwnMetric, body: () => T): T =>
  withMetrics([checkMetric(metric, 'host', 'the metric')], body);
const wrong = costMetric({
  name: 'wrongShare',
  about: 'Share of wrong labels.',
  greaterIsBetter: false,
  costs: [
    [0, 1],
    [1, 0],
  ],
});
const rootMeanSquare = defineMetric({
  name: 'rootMeanSquare',
  about: 'Root of the mean squared error.',
  greaterIsBetter: false,
  needs: 'values',
  value({ truth, values, weights }) {
    let sum = 0;
    let total = 0;
    truth.forEach((y, row) => {
      const weight = weights?.[row] ?? 1;
      sum += weight * (y - values[row]!) * (y - values[row]!);
      total += weight;
    });
    return Math.sqrt(sum / total);
  },
});

const random = createRandom('own-metric');
const probabilities = Float64Array.from({ length: 2000 }, () => random.next());
const truth = probabilities.map((p) => (random.next() < p ? 1 : 0));
const labels = Int32Array.from(probabilities, (p) => (p > 0.5 ? 1 : 0));
const numbers = Float64Array.from({ length: 300 }, () => random.next());
const values = numbers.map((y) => y + random.next() - 0.5);
const weights = numbers.map((_, row) => 1 + (row % 4));

describe('an own metric', () => {
  it('that is written like a built-in one has its values, weighted and resampled', () => {
    within(rootMeanSquare, () => {
      const [own, known] = [metricOf('rootMeanSquare'), metricOf('rmse')];
      const prediction = { classCount: 0, values };
      const counts = Int32Array.from(numbers, (_, row) => (row * 7) % 3);
      for (const its of [undefined, weights]) {
        const [a, b] = [own.prepare(numbers, prediction, its), known.prepare(numbers, prediction, its)];
        expect(a()).toBeCloseTo(b(), 12);
        expect(a(counts)).toBeCloseTo(b(counts), 12);
      }
    });
  });

  it('of costs has the interval and the gain of the accuracy that it mirrors', () => {
    within(wrong, () => {
      const prediction = { classCount: 2, labels, probabilities };
      const other = { classCount: 2, labels: labels.map(() => 1), probabilities };
      const [own, known] = [
        bootstrapMetric('wrongShare', truth, prediction, { seed: 1 }),
        bootstrapMetric('accuracy', truth, prediction, { seed: 1 }),
      ];
      if (!own.defined || !known.defined) throw new Error('Expected values.');
      expect(own.interval.value).toBeCloseTo(1 - known.interval.value, 12);
      expect(own.interval.low).toBeCloseTo(1 - known.interval.high, 2);
      expect(own.interval.high).toBeCloseTo(1 - known.interval.low, 2);
      expect(bootstrapGain('wrongShare', truth, prediction, other, { seed: 1 })!.gain).toBeCloseTo(
        bootstrapGain('accuracy', truth, prediction, other, { seed: 1 })!.gain,
        12,
      );
    });
  });

  it.each([
    [
      'gain',
      true,
      [
        [0, -1],
        [0, 9],
      ],
      0.1,
    ],
    [
      'cost',
      false,
      [
        [0, 1],
        [4, 0],
      ],
      0.2,
    ],
  ] as const)('of a %s moves the threshold to where an answer pays', (_what, greaterIsBetter, costs, best) => {
    const metric = costMetric({ name: 'money', about: 'Money a row.', greaterIsBetter, costs });
    within(metric, () => {
      const rule = chooseDecision({ truth, probabilities, classCount: 2 }, { metric: 'money', seed: 1 });
      expect(rule.kind).toBe('threshold');
      expect(Math.abs((rule as { threshold: number }).threshold - best)).toBeLessThan(0.08);
      const problem = { task: 'binary', classCount: 2 } as never;
      const rows = { target: truth } as never;
      const plain = metricOf('money').prepare(truth, { classCount: 2, labels })();
      // Greater is better to search, at the best threshold.
      expect(searchScore('money', problem, rows, probabilities)).toBeGreaterThan(greaterIsBetter ? plain : -plain);
    });
  });

  it('of costs chooses among many classes too', () => {
    const three = Float64Array.from(truth, (_, row) => row % 3);
    const spread = Float64Array.from({ length: 6000 }, (_, i) => (i % 3 === three[Math.floor(i / 3)] ? 0.4 : 0.3));
    const missed = costMetric({
      name: 'missed',
      about: 'Cost a row: the last class must not be missed.',
      greaterIsBetter: false,
      costs: [
        [0, 1, 1],
        [1, 0, 1],
        [50, 50, 0],
      ],
    });
    within(missed, () => {
      const rows = { truth: three, probabilities: spread.map((p) => p + 0.2 * (random.next() - 0.5)), classCount: 3 };
      const rule = chooseDecision(rows, { metric: 'missed', seed: 1 });
      if (rule.kind !== 'multipliers') throw new Error('Expected multipliers.');
      expect(rule.multipliers[2]).toBeGreaterThan(Math.max(rule.multipliers[0]!, rule.multipliers[1]!));
    });
  });

  it('that has no value says so, and one that gives no number is an error', () => {
    const gives = (value: () => unknown) => ({ ...rootMeanSquare, value: value as () => number }) as OwnMetric;
    const compute = (metric: OwnMetric) =>
      within(metric, () => metricOf('rootMeanSquare').compute(numbers, { classCount: 0, values }));
    expect(compute(gives(() => Number.NaN))).toEqual({ defined: false, reason: 'NO_VALUE' });
    expect(() => compute(gives(() => '3'))).toThrow('"rootMeanSquare" to give a number, but it gave string');
    expect(() => compute(gives(async () => 3))).toThrow('it gave a promise');
    expect(() => metricOf('rootMeanSquare')).toThrow("built-in metric or one of the trainer's");
  });
});
