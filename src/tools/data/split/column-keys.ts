import { isMissing } from '../prepare/cells.ts';
import type { Column } from '../table.ts';

/** A column as dense whole numbers: equal values have equal keys, in the order of first appearance; −1 is missing. */
export interface ColumnKeys {
  readonly keys: Int32Array;
  /** Number of distinct keys, missing not counted. */
  readonly count: number;
}

function valueReader(column: Column): (row: number) => number | string {
  switch (column.kind) {
    case 'category':
      return (row) => column.codes[row]!;
    case 'text': {
      const bytes = Buffer.from(column.bytes.buffer, column.bytes.byteOffset, column.bytes.byteLength);
      // Latin-1 maps each byte to one character: a key without decoding, equal exactly where the bytes are.
      return (row) => bytes.toString('latin1', column.offsets[row]!, column.offsets[row + 1]!);
    }
    default:
      return (row) => column.values[row]!;
  }
}

/**
 * Numbers the distinct values of a column, whatever its kind.
 *
 * @param rows - the first so many rows, or these rows; keys are in their order.
 */
export function columnKeys(column: Column, rows: number | Uint32Array): ColumnKeys {
  const length = typeof rows === 'number' ? rows : rows.length;
  const keys = new Int32Array(length);
  const seen = new Map<number | string, number>();
  const read = valueReader(column);
  for (let i = 0; i < length; i++) {
    const row = typeof rows === 'number' ? i : rows[i]!;
    if (isMissing(column, row)) {
      keys[i] = -1;
      continue;
    }
    const value = read(row);
    let key = seen.get(value);
    if (key === undefined) {
      key = seen.size;
      seen.set(value, key);
    }
    keys[i] = key;
  }
  return { keys, count: seen.size };
}
