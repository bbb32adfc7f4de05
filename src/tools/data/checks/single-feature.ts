import type { Random } from '../../../core/helpers/random.ts';
import { isMissing } from '../prepare/cells.ts';
import { columnKeys } from '../split/column-keys.ts';
import type { Column } from '../table.ts';
import { areaUnderRoc, correlation, ranks } from './rank.ts';

/** How well one column alone predicts the target. */
export interface ColumnRelation {
  readonly column: string;
  /** `rocAuc` (for several classes the mean of each against the rest) from 0.5 to 1, or `r2` from 0 to 1. */
  readonly metric: 'rocAuc' | 'r2';
  readonly score: number;
  /** The same for knowing only whether the value is there. */
  readonly missingnessScore: number;
  /** Rows that it was measured on. */
  readonly rows: number;
}

/** A target as {@link encodeTarget} gives it, with no missing value. */
export interface RelationTarget {
  readonly values: Float64Array;
  /** 0 for regression. */
  readonly classCount: number;
}

const folds = 5;

/**
 * Scores one column against the target, out of fold: each row is predicted by the mean target (or class shares) of the
 * other folds' rows in its bin. Bins are values, or quantiles where there are more than 256 of them; missing is a bin of
 * its own. An ordered column is also scored by its ranks, which find a threshold or a line that bins would blur.
 *
 * @param rows - rows of the column, in the order of `target.values`.
 */
export function relationOf(column: Column, rows: Uint32Array, target: RelationTarget, random: Random): ColumnRelation {
  const count = rows.length;
  const foldOf = random.shuffle(Uint8Array.from({ length: count }, (_, i) => i % folds));
  const metric = target.classCount > 0 ? 'rocAuc' : 'r2';
  const { bins, binCount } = binsOf(column, rows);
  const binned = outOfFold(bins, binCount, foldOf, target);
  const ordered = column.kind === 'category' || column.kind === 'text' ? 0 : orderedScore(column, rows, target);
  const present = Int32Array.from(rows, (row) => (isMissing(column, row) ? 0 : 1));
  const varies = present.includes(0) && present.includes(1);
  return {
    column: column.name,
    metric,
    score: Math.max(binned, ordered),
    missingnessScore: varies ? outOfFold(present, 2, foldOf, target) : metric === 'rocAuc' ? 0.5 : 0,
    rows: count,
  };
}

function binsOf(column: Column, rows: Uint32Array): { bins: Int32Array; binCount: number } {
  const limit = Math.max(16, Math.min(256, Math.floor(rows.length / 10)));
  const { keys, count } = columnKeys(column, rows);
  if (column.kind === 'category' || column.kind === 'text' || column.kind === 'boolean' || count <= limit) {
    return { bins: keys.map((key) => key + 1), binCount: count + 1 };
  }
  const sorted = Float64Array.from(
    rows.filter((_, i) => keys[i]! >= 0),
    (row) => column.values[row]!,
  ).sort();
  const edges: number[] = [];
  for (let bin = 1; bin < limit; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / limit)]!;
    if (edge !== edges.at(-1)) edges.push(edge);
  }
  const bins = keys.map((key, i) => (key < 0 ? 0 : 1 + upperBound(edges, column.values[rows[i]!]!)));
  return { bins, binCount: edges.length + 2 };
}

function upperBound(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function outOfFold(bins: Int32Array, binCount: number, foldOf: Uint8Array, target: RelationTarget): number {
  const { values, classCount } = target;
  if (classCount === 0) return r2(outOfFoldMeans(bins, binCount, foldOf, values), values);
  let sum = 0;
  let scored = 0;
  for (let label = classCount === 2 ? 1 : 0; label < classCount; label++) {
    const own = values.map((value) => (value === label ? 1 : 0));
    const area = areaUnderRoc(outOfFoldMeans(bins, binCount, foldOf, own), (row) => own[row] === 1);
    if (!own.includes(1)) continue;
    sum += area;
    scored++;
  }
  return scored === 0 ? 0.5 : Math.max(0.5, sum / scored);
}

/** Means a bin over the rows of other folds, drawn to the mean of all by one row's weight. */
function outOfFoldMeans(bins: Int32Array, binCount: number, foldOf: Uint8Array, values: Float64Array): Float64Array {
  const sums = new Float64Array(binCount * folds);
  const counts = new Float64Array(binCount * folds);
  const all = new Float64Array(binCount);
  const sizes = new Float64Array(binCount);
  let total = 0;
  for (let i = 0; i < bins.length; i++) {
    const bin = bins[i]!;
    const at = bin * folds + foldOf[i]!;
    sums[at]! += values[i]!;
    counts[at]!++;
    all[bin]! += values[i]!;
    sizes[bin]!++;
    total += values[i]!;
  }
  const mean = total / bins.length;
  return Float64Array.from(bins, (bin, i) => {
    const at = bin * folds + foldOf[i]!;
    return (all[bin]! - sums[at]! + mean) / (sizes[bin]! - counts[at]! + 1);
  });
}

function r2(predicted: Float64Array, values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let left = 0;
  let all = 0;
  for (let i = 0; i < values.length; i++) {
    left += (values[i]! - predicted[i]!) * (values[i]! - predicted[i]!);
    all += (values[i]! - mean) * (values[i]! - mean);
  }
  return all > 0 ? Math.max(0, 1 - left / all) : 0;
}

/** Of a column without missing values: its ranks against each class, or its line and its ranks against the values. */
function orderedScore(column: Column, rows: Uint32Array, target: RelationTarget): number {
  if (column.kind === 'category' || column.kind === 'text') return 0;
  for (const row of rows) if (isMissing(column, row)) return 0;
  const own = Float64Array.from(rows, (row) => column.values[row]!);
  if (target.classCount === 0) {
    const line = correlation(own, target.values);
    const monotone = correlation(ranks(own), ranks(target.values));
    // A monotone relation explains the ranks; only where it is perfect does it say that the values are given too.
    return Math.max(line * line, monotone * monotone >= 0.999 ? monotone * monotone : 0);
  }
  if (target.classCount > 2) return 0;
  const area = areaUnderRoc(own, (row) => target.values[row] === 1);
  return Math.max(area, 1 - area);
}
