import { TrainerError } from '../../core/errors.ts';
import { ownMetric } from '../../core/metric-scope.ts';
import { type BuiltInMetric, type MetricId, metricIds, type TaskKind } from '../../core/task-spec.ts';
import * as label from './label-metrics.ts';
import type { Evaluator, Metric, MetricDefinition, MetricResult, Prediction, UndefinedReason } from './metric.ts';
import { definitionOf, type ScopedMetric } from './own-metric.ts';
import { prepareAveragePrecision, prepareRocAuc } from './rank-metrics.ts';
import * as row from './row-metrics.ts';

const classification: readonly TaskKind[] = ['binary', 'multiclass'];
const regression: readonly TaskKind[] = ['regression'];

type Prepare = MetricDefinition['prepare'];

const ofLabels = (about: string, score: label.ConfusionScore, undefinedReason: UndefinedReason = 'NO_ROWS') =>
  ({
    tasks: classification,
    greaterIsBetter: true,
    needs: 'labels',
    about,
    undefinedReason,
    score,
    prepare: label.confusionMetric(score),
  }) as const;

const ofProbabilities = (
  about: string,
  greaterIsBetter: boolean,
  prepare: Prepare,
  undefinedReason: UndefinedReason = 'NO_ROWS',
) => ({ tasks: classification, greaterIsBetter, needs: 'probabilities', about, undefinedReason, prepare }) as const;

const ofValues = (
  about: string,
  greaterIsBetter: boolean,
  prepare: Prepare,
  undefinedReason: UndefinedReason = 'NO_ROWS',
) => ({ tasks: regression, greaterIsBetter, needs: 'values', about, undefinedReason, prepare }) as const;

const definitions: Readonly<Record<BuiltInMetric, Omit<MetricDefinition, 'id'>>> = {
  rocAuc: ofProbabilities(
    'How often a positive row is ranked above a negative one (0.5 is guessing, 1 is perfect); multiclass: mean over classes, each against the rest.',
    true,
    prepareRocAuc,
    'ONE_CLASS',
  ),
  averagePrecision: ofProbabilities(
    'Mean precision over all recalls (the share of positives is guessing, 1 is perfect); multiclass: mean over classes, each against the rest.',
    true,
    prepareAveragePrecision,
    'NO_POSITIVES',
  ),
  logLoss: ofProbabilities('Mean surprise at the true class, in nats (0 is perfect).', false, row.prepareLogLoss),
  brier: ofProbabilities(
    'Mean squared error of the probabilities (multiclass: summed over classes).',
    false,
    row.prepareBrier,
  ),
  accuracy: ofLabels('Share of right labels.', label.accuracy),
  balancedAccuracy: ofLabels('Mean share of right labels within each class.', label.balancedAccuracy, 'ONE_CLASS'),
  f1: ofLabels('Harmonic mean of precision and recall; multiclass: mean over classes.', label.f1, 'NO_POSITIVES'),
  f1Macro: ofLabels('Mean over all classes of the harmonic mean of precision and recall.', label.f1Macro),
  precision: ofLabels(
    'Share of the predicted positives that are right; multiclass: mean over classes.',
    label.precision,
    'NO_POSITIVES',
  ),
  recall: ofLabels(
    'Share of the positives that are found; multiclass: mean over classes.',
    label.recall,
    'NO_POSITIVES',
  ),
  specificity: ofLabels(
    'Share of the negatives that are left alone; multiclass: mean over classes.',
    label.specificity,
    'NO_NEGATIVES',
  ),
  mcc: ofLabels("Matthews' correlation of truth and label (0 is guessing, 1 is perfect).", label.mcc, 'ONE_CLASS'),
  rmse: ofValues('Root of the mean squared error, in the unit of the target.', false, row.prepareRmse),
  mae: ofValues('Mean absolute error, in the unit of the target.', false, row.prepareMae),
  medianAbsoluteError: ofValues(
    'Median absolute error, in the unit of the target.',
    false,
    row.prepareMedianAbsoluteError,
  ),
  mape: ofValues('Mean absolute error as a share of the true value.', false, row.prepareMape, 'ZERO_TRUTH'),
  r2: ofValues(
    'Share of the variance of the target that is explained (0 is the mean, 1 is perfect).',
    true,
    row.prepareR2,
    'CONSTANT_TRUTH',
  ),
};

/** Checks at the door, so that a wrong length can't become a plausible number. */
function checkInputs(
  id: MetricId,
  needs: Metric['needs'],
  truth: Float64Array,
  prediction: Prediction,
  weights?: Float64Array,
): void {
  const given = prediction[needs];
  const columns = needs === 'probabilities' && prediction.classCount > 2 ? prediction.classCount : 1;
  if (given === undefined)
    throw new TrainerError('INTERNAL', `Metric ${id}: expected ${needs} in the prediction, got none.`);
  if (given.length !== truth.length * columns) {
    throw new TrainerError(
      'INTERNAL',
      `Metric ${id}: expected ${truth.length * columns} ${needs}, got ${given.length}.`,
    );
  }
  if (weights !== undefined && weights.length !== truth.length) {
    throw new TrainerError('INTERNAL', `Metric ${id}: expected ${truth.length} weights, got ${weights.length}.`);
  }
}

function define(id: MetricId, definition: Omit<MetricDefinition, 'id'>): Metric {
  const prepare = (truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator => {
    checkInputs(id, definition.needs, truth, prediction, weights);
    return definition.prepare(truth, prediction, weights);
  };
  const compute = (truth: Float64Array, prediction: Prediction, weights?: Float64Array): MetricResult => {
    if (truth.length === 0) return { defined: false, reason: 'NO_ROWS' };
    const value = prepare(truth, prediction, weights)();
    if (Number.isNaN(value)) {
      const broken = hasNaN(prediction[definition.needs]!);
      return { defined: false, reason: broken ? 'NOT_FINITE' : definition.undefinedReason };
    }
    return Number.isFinite(value) ? { defined: true, value } : { defined: false, reason: 'NOT_FINITE' };
  };
  return { id, ...definition, prepare, compute };
}

function hasNaN(values: Float64Array | Int32Array): boolean {
  for (const value of values) if (Number.isNaN(value)) return true;
  return false;
}

/**
 * Every built-in metric by its id. Degenerate rows (one class, constant truth, …) give `{ defined: false, reason }`.
 */
export const metrics = Object.fromEntries(metricIds.map((id) => [id, define(id, definitions[id])])) as Readonly<
  Record<BuiltInMetric, Metric>
>;

/**
 * A metric by its id: a built-in one, or one of the host's.
 *
 * @throws {TrainerError} PLUGIN_INVALID where it is one of the host's that was not given
 */
export function metricOf(id: MetricId): Metric {
  if (Object.hasOwn(metrics, id)) return metrics[id as BuiltInMetric];
  const own: ScopedMetric | undefined = ownMetric(id);
  if (own !== undefined) return define(id, definitionOf(own));
  throw new TrainerError(
    'PLUGIN_INVALID',
    `Expected a built-in metric or one of the trainer's \`metrics\`, got "${id}".`,
    { details: { metric: id } },
  );
}

/** A metric's value. @throws {TrainerError} INTERNAL where it is undefined on these rows; check with `compute` first. */
export function metricValue(id: MetricId, truth: Float64Array, prediction: Prediction, weights?: Float64Array): number {
  const result = metricOf(id).compute(truth, prediction, weights);
  if (!result.defined)
    throw new TrainerError('INTERNAL', `Metric ${id} is undefined on these rows (${result.reason}).`);
  return result.value;
}

/** Whether `a` is better than `b` by this metric. */
export function isBetter(id: MetricId, a: number, b: number): boolean {
  return metricOf(id).greaterIsBetter ? a > b : a < b;
}
