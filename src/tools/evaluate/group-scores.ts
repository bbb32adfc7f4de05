import type { MetricId } from '../../core/task-spec.ts';
import type { Column } from '../data/table.ts';
import { columnParts, type Where } from './column-parts.ts';
import { bootstrapMetric, type IntervalOptions } from './intervals.ts';
import type { Prediction } from './metric.ts';
import { metricOf } from './metrics.ts';
import type { Resampling } from './resample.ts';
import { part } from './rows-of-prediction.ts';

/** The score of one group. */
export interface GroupScore {
  readonly where: Where;
  readonly rows: number;
  /** Absent where the metric has no value on the group (one class alone, say). */
  readonly value?: number;
  readonly low?: number;
  readonly high?: number;
  /** Share of its rows that are predicted positive; binary tasks alone. */
  readonly predictedPositive?: number;
}

/** A metric by the groups of one column. */
export interface GroupScores {
  readonly column: string;
  readonly metric: MetricId;
  readonly groups: readonly GroupScore[];
  /** Rows of groups too small for a score. */
  readonly otherRows: number;
  /** Best group's score less the worst's, where their 95 % intervals do not touch: else it may be chance. */
  readonly gap?: number;
}

/** Groups of fewer rows have no score worth telling. */
export const leastGroupRows = 20;

/** Scores the groups of a column (values, or quarters of numbers) apart, each with its interval. */
export function scoresByGroup(
  column: Column,
  metric: MetricId,
  truth: Float64Array,
  prediction: Prediction,
  options: IntervalOptions,
): GroupScores {
  const parts = columnParts(column, Uint32Array.from(truth.keys()));
  let scored = 0;
  const groups = parts.flatMap(({ where, rows: marks }): GroupScore[] => {
    const rows = Uint32Array.from(marks.keys()).filter((row) => marks[row] === 1);
    if (rows.length < leastGroupRows) return [];
    scored += rows.length;
    const own = part(prediction, rows);
    const result = bootstrapMetric(
      metric,
      truth.filter((_, row) => marks[row] === 1),
      own,
      {
        ...options,
        seed: `${options.seed}/${column.name}/${JSON.stringify(where)}`,
        ...(options.resampling === undefined ? {} : { resampling: resamplingOf(options.resampling, rows) }),
      },
    );
    const positives = own.labels?.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0);
    return [
      {
        where,
        rows: rows.length,
        ...(result.defined
          ? { value: result.interval.value, low: result.interval.low, high: result.interval.high }
          : {}),
        ...(prediction.classCount === 2 ? { predictedPositive: positives! / rows.length } : {}),
      },
    ];
  });
  const gap = gapOf(metric, groups);
  return {
    column: column.name,
    metric,
    groups,
    otherRows: truth.length - scored,
    ...(gap === undefined ? {} : { gap }),
  };
}

function resamplingOf(resampling: Resampling, rows: Uint32Array): Resampling {
  return resampling.kind === 'groups'
    ? { kind: 'groups', groups: Int32Array.from(rows, (row) => resampling.groups[row]!) }
    : resampling;
}

function gapOf(metric: MetricId, groups: readonly GroupScore[]): number | undefined {
  const { greaterIsBetter } = metricOf(metric);
  const measured = groups.flatMap(({ value, low, high }) =>
    value === undefined || low === undefined || high === undefined ? [] : [{ value, low, high }],
  );
  if (measured.length < 2) return undefined;
  const sorted = measured.sort((a, b) => a.value - b.value);
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  if (least.high >= most.low) return undefined;
  return greaterIsBetter ? most.value - least.value : least.value - most.value;
}
