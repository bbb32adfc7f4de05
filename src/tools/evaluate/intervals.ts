import { createRandom } from '../../core/helpers/random.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { normalCdf, normalQuantile, studentQuantile } from './distributions.ts';
import type { Evaluator, Prediction, UndefinedReason } from './metric.ts';
import { metricOf } from './metrics.ts';
import { atBorder, drawPosterior, hasFewErrors } from './posterior.ts';
import { quantile } from './quantile.ts';
import { createResampler, type Resampler, type Resampling } from './resample.ts';
import { drawStudentised } from './studentised.ts';

/** How an interval is made. */
export interface IntervalOptions {
  readonly seed: number | string;
  readonly weights?: Float64Array | undefined;
  /** @default rows */
  readonly resampling?: Resampling;
  /** @default 2000 */
  readonly resamples?: number;
  /** Share of intervals that hold the truth. @default 0.95 */
  readonly level?: number;
}

/** A metric with its interval, as JSON. */
export interface MetricInterval {
  readonly metric: MetricId;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /**
   * `bca`: bootstrap, bias-corrected and accelerated. `bootstrap-t`: of a mean over single rows. `jeffreys`: posterior of
   * the error rates of the classes, where errors are few.
   */
  readonly method: 'bca' | 'bootstrap-t' | 'jeffreys';
  readonly resampling: Resampling['kind'];
  readonly resamples: number;
  /** Resamples on which the metric was undefined (a class was missing); they are left out. */
  readonly undefinedResamples: number;
  /** Standard deviation of the resamples. */
  readonly standardError: number;
}

/** A metric's value with the distribution of its resamples. */
export type Bootstrap =
  | { readonly defined: true; readonly interval: MetricInterval /** Rising. */; readonly values: Float64Array }
  | { readonly defined: false; readonly reason: UndefinedReason };

/** Most evaluations that the jackknife of the acceleration takes; beyond, units are left out by turns. */
const mostLeftOut = 400;

/**
 * Value and interval of a metric on rows that the model has not seen.
 *
 * BCa bootstrap (Efron 1987) with the quantile of Student's t for the number of units, which few groups need (Hesterberg
 * 2015). Means over single rows (RMSE, MAE, log loss, …) have the studentised bootstrap instead, which covers better where
 * errors have long tails (measured: RMSE of 200 Laplace errors, 92.5 % by BCa). Where a class has fewer than ten right or wrong labels resampling says too little (nothing, where there is
 * none): then Jeffreys' posterior of each class's error rate is drawn.
 */
export function bootstrapMetric(
  id: MetricId,
  truth: Float64Array,
  prediction: Prediction,
  options: IntervalOptions,
): Bootstrap {
  const metric = metricOf(id);
  const result = metric.compute(truth, prediction, options.weights);
  if (!result.defined) return result;
  const { seed, resampling = { kind: 'rows' }, resamples = 2000, level = 0.95 } = options;
  const random = createRandom(`${seed}/bootstrap`);
  const resampler = createResampler(truth.length, resampling, random);
  const evaluate = metric.prepare(truth, prediction, options.weights);
  const border = atBorder(id, result.value);
  const posterior = border || (options.weights === undefined && hasFewErrors(id, truth, prediction, resampling));
  const mean = resampling.kind === 'rows' ? evaluate.mean : undefined;
  const studentised = posterior || mean === undefined ? undefined : drawStudentised(mean, resampler, resamples, level);
  const values = posterior
    ? drawPosterior(id, truth, prediction, resampling, resamples, random)
    : (studentised?.values ?? drawValues(evaluate, truth.length, resampler, resamples));
  const [low, high] = border
    ? [quantile(values, (1 - level) / 2), 1]
    : posterior
      ? [quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)]
      : studentised !== undefined
        ? [studentised.low, studentised.high]
        : bcaBounds(values, result.value, acceleration(evaluate, truth.length, resampler), resampler.unitCount, level);
  return {
    defined: true,
    values,
    interval: {
      metric: id,
      value: result.value,
      low: Math.min(low, result.value),
      high: Math.max(high, result.value),
      level,
      method: posterior ? 'jeffreys' : studentised === undefined ? 'bca' : 'bootstrap-t',
      resampling: resampling.kind,
      resamples,
      undefinedResamples: resamples - values.length,
      standardError: deviation(values),
    },
  };
}

/** Share of the resamples that reach the threshold (at least it, or at most it, by the metric's direction). */
export function probabilityMeets(bootstrap: Bootstrap, threshold: number): number | undefined {
  if (!bootstrap.defined || bootstrap.values.length === 0) return undefined;
  const { greaterIsBetter } = metricOf(bootstrap.interval.metric);
  let meets = 0;
  for (const value of bootstrap.values) if (greaterIsBetter ? value >= threshold : value <= threshold) meets++;
  return meets / bootstrap.values.length;
}

/** How much better a model is than another on the same rows. */
export interface DifferenceInterval {
  readonly metric: MetricId;
  /** Positive where the first is better, whatever the metric's direction. */
  readonly gain: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** Share of the resamples in which the first is better; equal ones count half. */
  readonly probabilityBetter: number;
  readonly standardError: number;
}

/** Paired bootstrap (percentile) of the gain of one prediction over another; undefined where the metric is. */
export function bootstrapGain(
  id: MetricId,
  truth: Float64Array,
  better: Prediction,
  than: Prediction,
  options: IntervalOptions,
): DifferenceInterval | undefined {
  const metric = metricOf(id);
  const [first, second] = [
    metric.compute(truth, better, options.weights),
    metric.compute(truth, than, options.weights),
  ];
  if (!first.defined || !second.defined) return undefined;
  const { seed, resampling = { kind: 'rows' }, resamples = 2000, level = 0.95 } = options;
  const resampler = createResampler(truth.length, resampling, createRandom(`${seed}/gain`));
  const sign = metric.greaterIsBetter ? 1 : -1;
  const [a, b] = [metric.prepare(truth, better, options.weights), metric.prepare(truth, than, options.weights)];
  const gains = drawValues((counts) => sign * (a(counts) - b(counts)), truth.length, resampler, resamples);
  let wins = 0;
  for (const gain of gains) wins += gain > 0 ? 1 : gain === 0 ? 0.5 : 0;
  const gain = sign * (first.value - second.value) || 0;
  return {
    metric: id,
    gain,
    low: Math.min(gain, quantile(gains, (1 - level) / 2)),
    high: Math.max(gain, quantile(gains, (1 + level) / 2)),
    level,
    probabilityBetter: gains.length === 0 ? 0.5 : wins / gains.length,
    standardError: deviation(gains),
  };
}

/** Values of the resamples on which the metric is defined, rising. */
function drawValues(evaluate: Evaluator, rowCount: number, resampler: Resampler, resamples: number): Float64Array {
  const counts = new Int32Array(rowCount);
  const values = new Float64Array(resamples);
  let defined = 0;
  for (let i = 0; i < resamples; i++) {
    resampler.draw(counts);
    const value = evaluate(counts);
    if (Number.isFinite(value)) values[defined++] = value;
  }
  return values.slice(0, defined).sort();
}

/** Skewness of the influence of the units, a sixth of it (Efron's acceleration). */
function acceleration(evaluate: Evaluator, rowCount: number, resampler: Resampler): number {
  const step = Math.min(resampler.unitCount, mostLeftOut);
  const counts = new Int32Array(rowCount);
  const values: number[] = [];
  for (let first = 0; first < step; first++) {
    resampler.leaveOut(first, step, counts);
    const value = evaluate(counts);
    if (Number.isFinite(value)) values.push(value);
  }
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let squares = 0;
  let cubes = 0;
  for (const value of values) {
    squares += (mean - value) * (mean - value);
    cubes += (mean - value) * (mean - value) * (mean - value);
  }
  if (!(squares > 0)) return 0;
  // Leaving out several units at once sums their influences, which leaves both sums (nearly) as they are.
  return cubes / (6 * squares * Math.sqrt(squares));
}

function bcaBounds(values: Float64Array, value: number, a: number, unitCount: number, level: number): [number, number] {
  if (values.length === 0) return [value, value];
  let below = 0;
  for (const drawn of values) below += drawn < value ? 1 : drawn === value ? 0.5 : 0;
  // A bias of more than one standard error is a sign of too few values, not of a bias.
  const bias = Math.max(-1, Math.min(1, normalQuantile(below / values.length)));
  const t =
    unitCount > 1 ? studentQuantile((1 + level) / 2, unitCount - 1) * Math.sqrt(unitCount / (unitCount - 1)) : 8;
  const at = (z: number) => {
    const denominator = 1 - a * (bias + z);
    return denominator <= 0 ? (z > 0 ? 1 : 0) : normalCdf(bias + (bias + z) / denominator);
  };
  return [quantile(values, at(-t)), quantile(values, at(t))];
}

function deviation(values: Float64Array): number {
  if (values.length < 2) return 0;
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return Math.sqrt(squares / (values.length - 1));
}
