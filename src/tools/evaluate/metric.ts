import type { MetricId, TaskKind } from '../../core/task-spec.ts';

/** What a model said of some rows; which fields are needed depends on the metric. */
export interface Prediction {
  /** Number of classes (2 for binary), 0 for regression. */
  readonly classCount: number;
  /** Probability of class 1 a row (binary), or row-major [rows, classCount]. */
  readonly probabilities?: Float64Array;
  /** Class index a row, as the decision rule gave it. */
  readonly labels?: Int32Array;
  /** Predicted value a row. */
  readonly values?: Float64Array;
}

/** Why a metric has no value on some rows. */
export type UndefinedReason =
  | 'NO_ROWS'
  | 'ONE_CLASS'
  | 'NO_POSITIVES'
  | 'NO_NEGATIVES'
  | 'CONSTANT_TRUTH'
  | 'ZERO_TRUTH'
  | 'NO_VALUE'
  | 'NOT_FINITE';

/** A computed metric: a finite number, or the reason why there is none. Never NaN. */
export type MetricResult =
  | { readonly defined: true; readonly value: number }
  | { readonly defined: false; readonly reason: UndefinedReason };

/**
 * Computes a prepared metric, each row counted `counts[row]` times (absent: once). Gives NaN where it is undefined;
 * what can be done once (sorting, errors a row) was done before, so that resampling is cheap.
 */
export interface Evaluator {
  (counts?: Int32Array): number;
  /** Where the metric is `finish` (rising) of a weighted mean of one number a row: those numbers. */
  readonly mean?: RowMean;
}

/** A mean over rows, for intervals that know its standard error. */
export interface RowMean {
  readonly rows: Float64Array;
  readonly weights?: Float64Array | undefined;
  finish(mean: number): number;
}

/** Weighted counts [truth, predicted], row-major. */
export type Confusion = Float64Array;

/** A number from a confusion matrix of `classCount` classes; NaN where it is undefined. */
export type ConfusionScore = (confusion: Confusion, classCount: number) => number;

/** One metric: what it is, what it needs, how it is computed. */
export interface Metric {
  readonly id: MetricId;
  readonly tasks: readonly TaskKind[];
  readonly greaterIsBetter: boolean;
  readonly needs: 'labels' | 'probabilities' | 'values';
  /** Of metrics of labels: what the confusion matrix alone gives. */
  readonly score?: ConfusionScore;
  /** One sentence for reports and questions, in plain words. */
  readonly about: string;
  /** The reason that is given where {@link Evaluator} has no value. */
  readonly undefinedReason: UndefinedReason;
  /**
   * Does the work that does not depend on resampling.
   *
   * @throws {TrainerError} INTERNAL where the prediction lacks what the metric needs, or lengths differ.
   */
  prepare(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator;
  /** The metric over all rows. @throws {TrainerError} INTERNAL as `prepare`. */
  compute(truth: Float64Array, prediction: Prediction, weights?: Float64Array): MetricResult;
}

/** A metric without its derived `compute`. */
export type MetricDefinition = Omit<Metric, 'compute'>;
