import type { ModelForm } from './helpers/model-forms.ts';
import { ownMetric } from './metric-scope.ts';

/** Where a field of the task spec came from. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: 'prompt' | 'data' | 'default' | 'host' | 'llm';
  /** The words of the prompt that said it. */
  readonly quote?: string;
}

/** What can be trained for tables. */
export type TaskKind = 'binary' | 'multiclass' | 'regression';

/** The metrics that a task can be judged by, the usual one first. */
export const metricsByTask = {
  binary: [
    'rocAuc',
    'averagePrecision',
    'logLoss',
    'brier',
    'accuracy',
    'balancedAccuracy',
    'f1',
    'precision',
    'recall',
    'specificity',
    'mcc',
  ],
  multiclass: ['rocAuc', 'logLoss', 'accuracy', 'balancedAccuracy', 'f1Macro', 'mcc'],
  regression: ['rmse', 'mae', 'medianAbsoluteError', 'mape', 'r2'],
} as const satisfies Readonly<Record<TaskKind, readonly string[]>>;

/** A metric that comes with the library; percentages are shares (0.85, not 85). */
export type BuiltInMetric = (typeof metricsByTask)[TaskKind][number];

/** The metrics that can be asked for, computed, and held against a threshold. */
export const metricIds: readonly BuiltInMetric[] = [...new Set(Object.values(metricsByTask).flat())];

/** A metric: a built-in one, or one of the host's by its name. */
export type MetricId = BuiltInMetric | (string & Record<never, never>);

/** A metric with its wish: the first of a spec is what the model is for; `searchMetric` says by what search compares. */
export interface MetricWish {
  readonly metric: MetricId;
  /** What must be reached: at least (greater is better) or at most (less is better). Absent: as good as possible. */
  readonly threshold?: number;
  readonly source: Sourced<unknown>['source'];
  readonly quote?: string;
}

/** How the fits of a classification count rows: as they come, or so that every class has the same weight in all. */
export type ClassWeight = 'none' | 'balanced';

/** A form that the model is asked for in. */
export interface AskedForm {
  readonly form: ModelForm;
  readonly source: Sourced<unknown>['source'];
  readonly quote?: string;
}

/** The request as checked JSON. Frozen and hashed before the Data and Model agents ask anything. */
export interface TaskSpec {
  readonly formatVersion: 1;
  readonly task: Sourced<TaskKind>;
  readonly target: Sourced<string>;
  /** The class that counts as positive, for binary tasks. */
  readonly positive?: Sourced<string>;
  /** What is asked of the weight of classes; absent where nothing is. */
  readonly classWeight?: Sourced<ClassWeight>;
  /** Columns that the model may use. */
  readonly inputs: Sourced<readonly string[]>;
  readonly roles: {
    readonly weight?: Sourced<string>;
    readonly group?: Sourced<string>;
    readonly time?: Sourced<string>;
    readonly entity?: Sourced<string>;
    readonly ignore: readonly Sourced<string>[];
  };
  /** At least one. */
  readonly metrics: readonly MetricWish[];
  readonly limits: {
    readonly latencyMs?: Sourced<number>;
    readonly sizeBytes?: Sourced<number>;
    readonly memoryBytes?: Sourced<number>;
    readonly trainSeconds?: Sourced<number>;
  };
  /** Forms that the model is asked for in; absent where the usual file is enough. */
  readonly forms?: readonly AskedForm[];
  readonly fairness: readonly { readonly column: string; readonly quote: string }[];
  /** What was asked and can't be served here, each with its reason code. */
  readonly unsupported: readonly { readonly code: string; readonly quote: string }[];
}

const errors: ReadonlySet<MetricId> = new Set(['logLoss', 'brier', 'rmse', 'mae', 'medianAbsoluteError', 'mape']);

/** Whether less of a metric is better. */
export function isError(metric: MetricId): boolean {
  const own = ownMetric(metric);
  return own === undefined ? errors.has(metric) : !own.greaterIsBetter;
}

/** The value of a metric from a score that search compares by (greater is better). */
export function shownScore(metric: MetricId, score: number): number {
  return isError(metric) ? -score : score;
}

const names: Readonly<Record<BuiltInMetric, string>> = {
  rocAuc: 'ROC AUC',
  averagePrecision: 'average precision',
  logLoss: 'log loss',
  brier: 'Brier score',
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  f1: 'F1',
  f1Macro: 'macro F1',
  precision: 'precision',
  recall: 'recall',
  specificity: 'specificity',
  mcc: 'Matthews correlation',
  rmse: 'RMSE',
  mae: 'mean absolute error',
  medianAbsoluteError: 'median absolute error',
  mape: 'mean absolute percentage error',
  r2: 'R²',
};

/** The name of a metric for people. */
export const metricTitle = (metric: MetricId): string =>
  ownMetric(metric)?.title ?? (Object.hasOwn(names, metric) ? names[metric as BuiltInMetric] : metric);
