import { ownMetric } from '../../core/metric-scope.ts';
import { isError, type MetricId } from '../../core/task-spec.ts';
import { studentQuantile } from './distributions.ts';

/** Score of a repeated cross-validation, where no rows could be set aside for a vault. */
export interface CrossValidationScore {
  readonly metric: MetricId;
  /** Mean of the folds' scores. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly method: 'nadeau-bengio';
  readonly folds: number;
  readonly repeats: number;
  /** Folds on which the metric was undefined; they are left out. */
  readonly undefinedFolds: number;
  /** Corrected standard error of the mean. */
  readonly standardError: number;
}

/**
 * Mean and interval of the scores of all folds of all repeats. Folds share training rows, so the plain standard error
 * is far too small; the variance is multiplied by 1/(k·r) + testRows/trainRows (Nadeau & Bengio, Machine Learning 52, 2003)
 * and Student's t has k·r − 1 degrees. Undefined where fewer than two folds have a score.
 *
 * @param scores one a fold, repeat after repeat; NaN where the metric was undefined
 */
export function crossValidationScore(
  metric: MetricId,
  scores: Float64Array,
  shape: { readonly folds: number; readonly repeats: number; readonly level?: number },
): CrossValidationScore | undefined {
  const { folds, repeats, level = 0.95 } = shape;
  const defined = scores.filter((score) => Number.isFinite(score));
  const count = defined.length;
  if (count < 2) return undefined;
  let mean = 0;
  for (const score of defined) mean += score / count;
  let squares = 0;
  for (const score of defined) squares += (score - mean) * (score - mean);
  const variance = squares / (count - 1);
  const standardError = Math.sqrt((1 / count + 1 / (folds - 1)) * variance);
  const reach = studentQuantile((1 + level) / 2, count - 1) * standardError;
  return {
    metric,
    value: mean,
    // Student's t knows no range: an interval does not go where the metric can't.
    low: Math.max(mean - reach, lowest(metric)),
    high: isError(metric) || ownMetric(metric) !== undefined ? mean + reach : Math.min(mean + reach, 1),
    level,
    method: 'nadeau-bengio',
    folds,
    repeats,
    undefinedFolds: scores.length - count,
    standardError,
  };
}

/** The least value of a metric. */
function lowest(metric: MetricId): number {
  if (metric === 'r2' || ownMetric(metric) !== undefined) return Number.NEGATIVE_INFINITY;
  return metric === 'mcc' ? -1 : 0;
}
