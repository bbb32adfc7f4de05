import { searchMetric } from '../../core/search-metric.ts';
import type { MetricId } from '../../core/task-spec.ts';
import type { Problem, TrainingRows } from '../learn/learner.ts';
import { applyDecision, plainDecision } from './decision.ts';
import type { ConfusionScore, Prediction } from './metric.ts';
import { metricOf } from './metrics.ts';
import { rankScores } from './rank-metrics.ts';

/**
 * Score of predictions on validation rows, greater is better. Metrics of labels are taken at the best threshold of these rows
 * (binary) or at the most probable class: the rule itself is chosen later, on all out-of-fold predictions. NaN where undefined.
 *
 * @param predicted - row-major [rows, outputs] as a learner predicts
 */
export function searchScore(asked: MetricId, problem: Problem, rows: TrainingRows, predicted: Float64Array): number {
  const metric = searchMetric(asked, problem.task);
  const { greaterIsBetter, score } = metricOf(metric);
  if (score !== undefined && problem.task === 'binary')
    return bestThresholdScore(greaterIsBetter ? score : (counts, classes) => -score(counts, classes), rows, predicted);
  const result = metricOf(metric).compute(rows.target, toPrediction(problem, predicted), rows.weights);
  if (!result.defined) return Number.NaN;
  return greaterIsBetter ? result.value : -result.value;
}

/** What a learner predicts as the metrics take it, with the plain decision rule. */
export function toPrediction(problem: Problem, predicted: Float64Array): Prediction {
  if (problem.task === 'regression') return { classCount: 0, values: predicted };
  const { classCount } = problem;
  return { classCount, probabilities: predicted, labels: applyDecision(plainDecision(classCount), predicted) };
}

/** One pass down the ranking: after each run of equal probabilities the confusion matrix is that of a threshold. */
function bestThresholdScore(
  score: ConfusionScore,
  { target, weights }: TrainingRows,
  probabilities: Float64Array,
): number {
  const { order, ends } = rankScores(probabilities);
  const confusion = new Float64Array(4); // [true 0 as 0, 0 as 1, 1 as 0, 1 as 1]
  for (let row = 0; row < target.length; row++) confusion[target[row] === 1 ? 2 : 0]! += weights?.[row] ?? 1;
  let best = Number.NaN;
  const consider = () => {
    const value = score(confusion, 2);
    if (!Number.isNaN(value) && !(value <= best)) best = value;
  };
  consider();
  order.forEach((row, rank) => {
    const weight = weights?.[row] ?? 1;
    const from = target[row] === 1 ? 2 : 0;
    confusion[from]! -= weight;
    confusion[from + 1]! += weight;
    if (ends[rank] === 1) consider();
  });
  return best;
}
