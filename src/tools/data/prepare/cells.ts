import { TrainerError } from '../../../core/errors.ts';
import type { Column, Table } from '../table.ts';

/** Whether a cell is missing: its validity bit is 0, or it is a number that is not finite. */
export function isMissing(column: Column, row: number): boolean {
  if (column.validity !== undefined && ((column.validity[row >> 3]! >> (row & 7)) & 1) === 0) return true;
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

/**
 * The column of this name.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN where the table has none.
 */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw new TrainerError(
      'COLUMN_UNKNOWN',
      `Expected a column named ${JSON.stringify(name)}, got a table of ${table.columns.length} columns without it. Name one of its columns.`,
      { details: { column: name } },
    );
  }
  return column;
}
