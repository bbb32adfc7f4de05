import type { BuiltInMetric, MetricId, TaskKind, TaskSpec } from './task-spec.ts';

/** What is told beside a score that can be had for nothing (all positive gives perfect recall): its counterpart, and what ranks models. */
const beside: Readonly<Record<string, readonly [counterpart: BuiltInMetric, ranking: BuiltInMetric]>> = {
  precision: ['recall', 'averagePrecision'],
  recall: ['precision', 'averagePrecision'],
  specificity: ['recall', 'rocAuc'],
};

/** Metrics that are measured beside one that says little alone; none for all others. */
export function metricsBeside(metric: MetricId, task: TaskKind): readonly BuiltInMetric[] {
  return task === 'binary' && Object.hasOwn(beside, metric) ? beside[metric]! : [];
}

/**
 * What search compares by, and what tells whether there is a signal: the metric that was asked, or the ranking metric behind one
 * that can be had for nothing. The decision rule then meets the wish.
 */
export function searchMetric(metric: MetricId, task: TaskKind): MetricId {
  return metricsBeside(metric, task)[1] ?? metric;
}

/** {@link searchMetric} of the first metric of a spec. */
export function searchMetricOf({ metrics, task }: Pick<TaskSpec, 'metrics' | 'task'>): MetricId {
  return searchMetric(metrics[0]!.metric, task.value);
}
