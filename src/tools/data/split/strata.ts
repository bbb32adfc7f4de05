import type { TaskKind } from '../../../core/task-spec.ts';
import type { Column } from '../table.ts';
import { columnKeys } from './column-keys.ts';

/** Strata of the rows of a target: its classes, or quantile bins of its values. */
export interface Strata {
  /** Stratum of each given row. */
  readonly strata: Int32Array;
  readonly count: number;
}

/**
 * Strata to balance a split by. Classes are strata of their own; a regression target is cut at its quantiles into at
 * most 10 bins of at least 20 rows, equal values together.
 *
 * @param rows - rows where the target is present.
 */
export function strataOf(target: Column, task: TaskKind, rows: Uint32Array): Strata {
  if (task !== 'regression' || (target.kind !== 'number' && target.kind !== 'datetime')) {
    const { keys, count } = columnKeys(target, rows);
    return { strata: keys, count };
  }
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = target.values[rows[i]!]!;
  const sorted = values.slice().sort();
  const binCount = Math.max(1, Math.min(10, Math.floor(rows.length / 20)));
  const edges: number[] = [];
  for (let bin = 1; bin < binCount; bin++) {
    const edge = sorted[Math.floor((bin * rows.length) / binCount)]!;
    if (edge > sorted[0]! && edge !== edges.at(-1)) edges.push(edge);
  }
  const strata = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    let bin = 0;
    while (bin < edges.length && values[i]! >= edges[bin]!) bin++;
    strata[i] = bin;
  }
  return { strata, count: edges.length + 1 };
}
