import { float32Step } from '../../../core/helpers/float32-step.ts';
import { isMissing } from '../prepare/cells.ts';
import type { Column } from '../table.ts';
import type { CheckResult } from './check-result.ts';

/** Share of the distinct values that may be lost without a word. */
const tolerated = 0.5;

/**
 * Models take numbers in 32 bits, about seven digits: values that differ by less beside their size (1,000,000,000 and
 * 1,000,000,001) become one.
 */
export function checkPrecision(column: Column, rows: Uint32Array): CheckResult[] {
  if (column.kind !== 'number') return [];
  const { values } = column;
  const held = rows.filter((row) => !isMissing(column, row));
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const row of held) {
    low = Math.min(low, values[row]!);
    high = Math.max(high, values[row]!);
  }
  // Where the range has room for many steps nothing is lost that a model could use.
  const largest = Math.max(Math.abs(low), Math.abs(high));
  if (!(high > low) || (high - low) / float32Step(largest) > held.length) return [];
  const distinct = new Set(Array.from(held, (row) => values[row]!)).size;
  const left = new Set(Array.from(held, (row) => Math.fround(values[row]!))).size;
  if (left > (1 - tolerated) * distinct) return [];
  return [{ code: 'PRECISION_LOST', severity: 'warning', column: column.name, evidence: { distinct, left } }];
}
