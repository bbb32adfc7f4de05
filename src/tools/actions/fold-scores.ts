import type { MetricId } from '../../core/task-spec.ts';
import { crossValidationScore } from '../evaluate/cross-validation-score.ts';
import type { Prediction } from '../evaluate/metric.ts';
import { metricOf } from '../evaluate/metrics.ts';

/** A metric over the folds, with an interval corrected for their overlap. */
export interface FoldScore {
  readonly metric: MetricId;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly folds: number;
  readonly repeats: number;
}

/** What one fold was judged on. */
export interface JudgedFold {
  readonly truth: Float64Array;
  readonly prediction: Prediction;
  readonly weights: Float64Array | undefined;
}

/**
 * The score of each metric over all folds; metrics without a value are left out.
 *
 * @param foldOf the rows of a fold, counted repeat after repeat
 */
export function foldScores(
  metrics: readonly MetricId[],
  { folds, repeats }: { readonly folds: number; readonly repeats: number },
  foldOf: (index: number) => JudgedFold,
): readonly FoldScore[] {
  return metrics.flatMap((metric) => {
    const values = Float64Array.from({ length: folds * repeats }, (_, index) => {
      const { truth, prediction, weights } = foldOf(index);
      const result = metricOf(metric).compute(truth, prediction, weights);
      return result.defined ? result.value : Number.NaN;
    });
    const score = crossValidationScore(metric, values, { folds, repeats });
    if (score === undefined) return [];
    const { value, low, high } = score;
    return [{ metric, value, low, high, folds, repeats }];
  });
}
