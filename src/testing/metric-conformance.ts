import { deepStrictEqual, ok } from 'node:assert';
import { createRandom } from '../core/helpers/random.ts';
import { withMetrics } from '../core/metric-scope.ts';
import type { TaskKind } from '../core/task-spec.ts';
import type { OwnMetric } from '../tools/evaluate/define-metric.ts';
import type { Prediction } from '../tools/evaluate/metric.ts';
import { metricOf } from '../tools/evaluate/metrics.ts';
import { checkMetric } from '../tools/evaluate/own-metric.ts';
import type { ConformanceTest } from './conformance-test.ts';

/** What a metric is tested with. */
export interface MetricConformanceOptions {
  /** Number of classes, where the metric takes another number than two (or three, where it is for multiclass tasks alone). */
  readonly classCount?: number;
}

interface Sample {
  readonly truth: Float64Array;
  readonly prediction: Prediction;
}

/**
 * Tests that every metric keeps: a checked form, a finite number, the same for the same rows in any order and each time,
 * rows counted twice as rows that are there twice, and the best value for what is right.
 *
 * @example
 * for (const { name, run } of metricConformance(profit)) it(name, run);
 */
export function metricConformance(
  metric: OwnMetric,
  options: MetricConformanceOptions = {},
): readonly ConformanceTest[] {
  const scoped = () => checkMetric(metric, 'host', 'the metric');
  const each =
    (body: (compute: (sample: Sample, counts?: Int32Array) => number, samples: readonly Sample[]) => void) =>
    async () => {
      const known = scoped();
      withMetrics([known], () => {
        const compute = ({ truth, prediction }: Sample, counts?: Int32Array) =>
          metricOf(known.name).prepare(truth, prediction)(counts);
        for (const task of known.tasks) body(compute, samplesOf(task, options.classCount));
      });
    };
  return [
    {
      name: `${metric.name} has a name, a sentence about it, a direction and fitting tasks`,
      run: async () => void scoped(),
    },
    {
      name: `${metric.name}: gives a finite number, the same each time`,
      run: each((compute, samples) => {
        for (const sample of samples) {
          const value = compute(sample);
          ok(Number.isFinite(value), `Expected a finite number, got ${value}.`);
          deepStrictEqual(compute(sample), value);
        }
      }),
    },
    {
      name: `${metric.name}: does not depend on the order of the rows`,
      run: each((compute, samples) => {
        for (const sample of samples)
          close(compute(reordered(sample)), compute(sample), 'for the rows in another order');
      }),
    },
    {
      name: `${metric.name}: counts a row that was drawn twice as two rows`,
      run: each((compute, samples) => {
        for (const sample of samples) {
          const counts = Int32Array.from(sample.truth, (_, row) => row % 3);
          close(compute(sample, counts), compute(repeated(sample, counts)), 'for rows that are counted');
        }
      }),
    },
    {
      name: `${metric.name}: prefers what is right to what is wrong`,
      run: each((compute, [right, wrong]) => {
        const [best, worst] = [compute(right!), compute(wrong!)];
        const isRight = metric.greaterIsBetter ? best > worst : best < worst;
        ok(
          isRight,
          `Expected ${metric.greaterIsBetter ? 'more' : 'less'} than ${worst} for right answers, got ${best}.`,
        );
      }),
    },
  ];
}

const rowCount = 60;

/** Rows that are predicted right, wrong, and by chance. */
function samplesOf(task: TaskKind, classes?: number): readonly Sample[] {
  const random = createRandom(`metric-conformance/${task}`);
  if (task === 'regression') {
    const truth = Float64Array.from({ length: rowCount }, () => 1 + 10 * random.next());
    const predicted = [truth.slice(), truth.map((y) => 40 - 2 * y), truth.map((y) => y + random.next() - 0.5)];
    return predicted.map((values) => ({ truth, prediction: { classCount: 0, values } }));
  }
  const classCount = classes ?? (task === 'binary' ? 2 : 3);
  const truth = Float64Array.from({ length: rowCount }, (_, row) => row % classCount);
  const labelled = (labels: Int32Array): Sample => ({
    truth,
    prediction: { classCount, labels, probabilities: probabilitiesOf(labels, classCount) },
  });
  return [
    labelled(Int32Array.from(truth)),
    labelled(Int32Array.from(truth, (k) => (k + 1) % classCount)),
    labelled(Int32Array.from(truth, (k) => (random.next() < 0.7 ? k : Math.floor(random.next() * classCount)))),
  ];
}

/** Nine tenths for the label. */
function probabilitiesOf(labels: Int32Array, classCount: number): Float64Array {
  if (classCount === 2) return Float64Array.from(labels, (label) => (label === 1 ? 0.9 : 0.1));
  const probabilities = new Float64Array(labels.length * classCount).fill(0.1 / (classCount - 1));
  labels.forEach((label, row) => {
    probabilities[row * classCount + label] = 0.9;
  });
  return probabilities;
}

const reordered = (sample: Sample): Sample =>
  taken(
    sample,
    Array.from(sample.truth.keys(), (row) => (row * 7 + 3) % sample.truth.length),
  );

const repeated = (sample: Sample, counts: Int32Array): Sample =>
  taken(
    sample,
    [...counts].flatMap((count, row) => new Array<number>(count).fill(row)),
  );

function taken({ truth, prediction }: Sample, rows: readonly number[]): Sample {
  const { classCount, labels, probabilities, values } = prediction;
  const width = classCount > 2 ? classCount : 1;
  return {
    truth: Float64Array.from(rows, (row) => truth[row]!),
    prediction: {
      classCount,
      ...(labels && { labels: Int32Array.from(rows, (row) => labels[row]!) }),
      ...(values && { values: Float64Array.from(rows, (row) => values[row]!) }),
      ...(probabilities && {
        probabilities: Float64Array.from(
          rows.flatMap((row) => Array.from({ length: width }, (_, k) => probabilities[row * width + k]!)),
        ),
      }),
    },
  };
}

function close(value: number, expected: number, when: string): void {
  const isClose = Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
  ok(isClose, `Expected ${expected} ${when}, got ${value}.`);
}
