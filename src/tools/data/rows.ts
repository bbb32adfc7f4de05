import { TrainerError } from '../../core/errors.ts';
import { bitmapBytes, isValid } from './columns/bitmap.ts';
import { textAt } from './columns/texts.ts';
import type { Column, Table } from './table.ts';

/** A table of some rows of another, in the order given; a row may come more than once. */
export function takeRows(table: Table, rows: Uint32Array): Table {
  for (const row of rows) {
    if (row >= table.rowCount) {
      throw new TrainerError('INTERNAL', `Expected rows below ${table.rowCount}, got ${row}.`);
    }
  }
  return { rowCount: rows.length, columns: table.columns.map((column) => takeColumnRows(column, rows)) };
}

function takeColumnRows(column: Column, rows: Uint32Array): Column {
  const taken = takeValidity(column.validity, rows);
  const { validity: _, ...rest } = column;
  const validity = taken === undefined ? {} : { validity: taken };
  switch (rest.kind) {
    case 'number':
    case 'datetime': {
      const values = new Float64Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = rest.values[rows[i]!]!;
      return { ...rest, ...validity, values };
    }
    case 'boolean': {
      const values = new Uint8Array(rows.length);
      for (let i = 0; i < rows.length; i++) values[i] = rest.values[rows[i]!]!;
      return { ...rest, ...validity, values };
    }
    case 'category': {
      const codes = new Int32Array(rows.length);
      for (let i = 0; i < rows.length; i++) codes[i] = rest.codes[rows[i]!]!;
      return { ...rest, ...validity, codes };
    }
    case 'text': {
      const offsets = new Uint32Array(rows.length + 1);
      for (let i = 0; i < rows.length; i++) {
        offsets[i + 1] = offsets[i]! + rest.offsets[rows[i]! + 1]! - rest.offsets[rows[i]!]!;
      }
      const bytes = new Uint8Array(offsets[rows.length]!);
      for (let i = 0; i < rows.length; i++) {
        bytes.set(rest.bytes.subarray(rest.offsets[rows[i]!]!, rest.offsets[rows[i]! + 1]!), offsets[i]!);
      }
      return { ...rest, ...validity, offsets, bytes };
    }
  }
}

function takeValidity(validity: Uint8Array | undefined, rows: Uint32Array): Uint8Array | undefined {
  if (validity === undefined) return undefined;
  const taken = new Uint8Array(bitmapBytes(rows.length));
  let missing = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const bit = (validity[row >> 3]! >> (row & 7)) & 1;
    taken[i >> 3]! |= bit << (i & 7);
    missing += 1 - bit;
  }
  return missing === 0 ? undefined : taken;
}

/** Columns by name, a table: a wide one is asked for each of its columns many times. */
const indexes = new WeakMap<Table, ReadonlyMap<string, Column>>();

/**
 * The column of a name.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN
 */
export function columnOf(table: Table, name: string): Column {
  let index = indexes.get(table);
  if (index === undefined) {
    index = new Map(table.columns.map((column) => [column.name, column]));
    indexes.set(table, index);
  }
  const column = index.get(name);
  if (column !== undefined) return column;
  const names = table.columns.slice(0, 20).map((candidate) => JSON.stringify(candidate.name));
  const more = table.columns.length > 20 ? `, and ${table.columns.length - 20} more` : '';
  throw new TrainerError(
    'COLUMN_UNKNOWN',
    `Expected a column of the data, got ${JSON.stringify(name)}. There are: ${names.join(', ')}${more}.`,
    { details: { column: name } },
  );
}

/**
 * A table of some columns of another, in the order given.
 *
 * @throws {TrainerError} COLUMN_UNKNOWN
 */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return { rowCount: table.rowCount, columns: names.map((name) => columnOf(table, name)) };
}

/** A value for printing or for a record: datetimes as ISO 8601 text, booleans as booleans, missing as null. */
export function columnValue(column: Column, row: number): number | string | boolean | null {
  if (!isValid(column.validity, row)) return null;
  switch (column.kind) {
    case 'number':
      return column.values[row]!;
    case 'datetime':
      return new Date(column.values[row]!).toISOString();
    case 'boolean':
      return column.values[row] === 1;
    case 'category':
      return column.dictionary[column.codes[row]!]!;
    case 'text':
      return textAt(column, row);
  }
}
