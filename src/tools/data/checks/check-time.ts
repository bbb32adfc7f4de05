import { isMissing } from '../prepare/cells.ts';
import type { Column } from '../table.ts';
import type { CheckResult } from './check-result.ts';
import { ranks } from './rank.ts';
import type { RelationTarget } from './single-feature.ts';

const blocks = 10;
/** Share of the target's variance that lies between the tenths of time, beyond chance, from which it is said to drift. */
const driftShare = 0.02;

/**
 * Finds a datetime column along which the target changes: rows are cut into ten blocks by time, and the variance of the
 * target between blocks is held against what chance gives (the F statistic of one-way analysis of variance; for classes the
 * largest over the classes).
 */
export function checkTime(column: Column, rows: Uint32Array, target: RelationTarget): CheckResult[] {
  if (column.kind !== 'datetime') return [];
  const kept: number[] = [];
  rows.forEach((row, i) => {
    if (!isMissing(column, row)) kept.push(i);
  });
  if (kept.length < 20 * blocks) return [];
  const times = Float64Array.from(kept, (i) => column.values[rows[i]!]!);
  const ranked = ranks(times);
  const block = Array.from(ranked, (rank) => Math.min(blocks - 1, Math.floor(((rank - 1) * blocks) / kept.length)));
  let f = 0;
  let share = 0;
  for (let label = target.classCount > 0 ? 1 : 0; label < Math.max(1, target.classCount); label++) {
    const values = kept.map((i) => (target.classCount === 0 ? target.values[i]! : target.values[i] === label ? 1 : 0));
    const drift = betweenBlocks(values, block);
    if (drift.f > f) ({ f, share } = drift);
  }
  let inOrder = 0;
  for (let i = 1; i < times.length; i++) if (times[i]! >= times[i - 1]!) inOrder++;
  // F above 4 with 9 degrees of freedom comes by chance once in 10,000 times, also with a few classes looked at.
  if (f < 4 || share < driftShare) return [];
  const rowsInOrder = inOrder / (times.length - 1);
  return [
    {
      code: 'TIME_DRIFT',
      severity: 'warning',
      column: column.name,
      evidence: { f, share, rowsInOrder, rows: kept.length },
    },
  ];
}

function betweenBlocks(values: readonly number[], block: readonly number[]): { f: number; share: number } {
  const sums = new Float64Array(blocks);
  const counts = new Float64Array(blocks);
  values.forEach((value, i) => {
    sums[block[i]!]! += value;
    counts[block[i]!]!++;
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let between = 0;
  let used = 0;
  for (let b = 0; b < blocks; b++) {
    if (counts[b] === 0) continue;
    used++;
    const difference = sums[b]! / counts[b]! - mean;
    between += counts[b]! * difference * difference;
  }
  const total = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const within = (total - between) / (values.length - used);
  if (used < 2 || total === 0) return { f: 0, share: 0 };
  const f = within > 0 ? between / (used - 1) / within : Number.MAX_VALUE;
  return { f, share: Math.max(0, (between - (used - 1) * within) / total) };
}
