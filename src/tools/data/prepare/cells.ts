import { isValid } from '../columns/bitmap.ts';
import type { Column } from '../table.ts';

/** Whether a cell is missing: its validity bit is 0, or it is a number that is not finite. */
export function isMissing(column: Column, row: number): boolean {
  if (!isValid(column.validity, row)) return true;
  return (column.kind === 'number' || column.kind === 'datetime') && !Number.isFinite(column.values[row]!);
}

/** Number of rows of a column. */
export function lengthOf(column: Column): number {
  if (column.kind === 'text') return column.offsets.length - 1;
  return column.kind === 'category' ? column.codes.length : column.values.length;
}

/** Number of missing cells of a column. */
export function countMissing(column: Column, rowCount: number): number {
  let missing = 0;
  for (let row = 0; row < rowCount; row++) if (isMissing(column, row)) missing++;
  return missing;
}
