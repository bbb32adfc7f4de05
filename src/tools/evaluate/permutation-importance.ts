import type { MetricId } from '../../core/task-spec.ts';
import { studentQuantile } from './distributions.ts';
import type { Prediction } from './metric.ts';
import { metricOf } from './metrics.ts';
import type { Resampler } from './resample.ts';

/** What a column is worth to the score. */
export interface ImportanceInterval {
  /** Mean fall of the score where the column's values are shuffled; positive where the model needs them, whatever the metric's direction. */
  readonly drop: number;
  readonly low: number;
  readonly high: number;
}

/** Blocks of units that are left out by turns for the standard error. */
const mostBlocks = 20;

/**
 * Permutation importance (Breiman 2001; as scikit-learn's `permutation_importance`): how much the score falls where the
 * values of one column are shuffled over the rows. The 95 % interval counts both kinds of chance, that of the rows (jackknife
 * over blocks of units) and that of the shuffles.
 *
 * @param permuted - what the model predicts with the column shuffled, one item a shuffle
 * @param resampler - its units are left out together
 * @returns undefined where the metric has no value on these rows
 */
export function permutationImportance(
  id: MetricId,
  truth: Float64Array,
  prediction: Prediction,
  permuted: readonly Prediction[],
  resampler: Resampler,
): ImportanceInterval | undefined {
  const metric = metricOf(id);
  const sign = metric.greaterIsBetter ? 1 : -1;
  const before = metric.prepare(truth, prediction);
  const after = permuted.map((shuffled) => metric.prepare(truth, shuffled));
  const dropsOn = (counts?: Int32Array): number[] => {
    const score = before(counts);
    return after.map((evaluate) => sign * (score - evaluate(counts)));
  };
  const drops = dropsOn();
  const drop = meanOf(drops);
  if (!Number.isFinite(drop)) return undefined;
  const blocks = Math.min(mostBlocks, resampler.unitCount);
  const counts = new Int32Array(truth.length);
  const left: number[] = [];
  for (let first = 0; first < blocks; first++) {
    resampler.leaveOut(first, blocks, counts);
    const value = meanOf(dropsOn(counts));
    if (Number.isFinite(value)) left.push(value);
  }
  const centre = meanOf(left);
  const ofRows = ((left.length - 1) / left.length) * squares(left, centre);
  const ofShuffles = drops.length < 2 ? 0 : squares(drops, drop) / (drops.length - 1) / drops.length;
  const half =
    left.length < 2
      ? Number.POSITIVE_INFINITY
      : studentQuantile(0.975, left.length - 1) * Math.sqrt(ofRows + ofShuffles);
  return Number.isFinite(half) ? { drop, low: drop - half, high: drop + half } : undefined;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function squares(values: readonly number[], centre: number): number {
  let sum = 0;
  for (const value of values) sum += (value - centre) * (value - centre);
  return sum;
}
