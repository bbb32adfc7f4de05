import { isValid } from '../columns/bitmap.ts';
import type { Column, Table, TextColumn } from '../table.ts';
import { mixWords } from './distinct-counter.ts';

/** Two 32-bit hashes of a text's bytes (FNV-1a from two starts, then mixed). */
export function hashText(column: TextColumn, row: number, into: Int32Array): void {
  let [one, two] = [0x811c9dc5 | 0, 0x5bd1e995];
  const end = column.offsets[row + 1]!;
  const { bytes } = column;
  for (let at = column.offsets[row]!; at < end; at++) {
    one = Math.imul(one ^ bytes[at]!, 0x01000193);
    two = Math.imul(two ^ bytes[at]!, 0x85ebca6b);
  }
  into[0] = one ^ (two >>> 15);
  into[1] = two ^ (one >>> 13);
}

/** Hashes each row over all columns: two independent 32-bit lanes. */
export function hashRows(table: Table): { readonly one: Int32Array; readonly two: Int32Array } {
  const { rowCount } = table;
  const one = new Int32Array(rowCount);
  const two = new Int32Array(rowCount);
  const text = new Int32Array(2);
  for (const column of table.columns) {
    const { validity } = column;
    const put = (row: number, low: number, high: number): void => {
      one[row] = mixWords(low, high, one[row]!);
      two[row] = (Math.imul(two[row]! ^ low, 0x9e3779b1) + Math.imul(high, 0x85ebca6b)) ^ (two[row]! >>> 15);
    };
    if (column.kind === 'number' || column.kind === 'datetime') {
      const { values } = column;
      const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
      for (let row = 0; row < rowCount; row++) {
        if (validity !== undefined && !isValid(validity, row)) put(row, 1, 0x7ff80001);
        else if (values[row] === 0) put(row, 0, 0);
        else put(row, words[row * 2]!, words[row * 2 + 1]!);
      }
    } else if (column.kind === 'text') {
      for (let row = 0; row < rowCount; row++) {
        if (!isValid(validity, row)) put(row, 1, 0x7ff80001);
        else {
          hashText(column, row, text);
          put(row, text[0]!, text[1]!);
        }
      }
    } else {
      const codes = column.kind === 'category' ? column.codes : column.values;
      for (let row = 0; row < rowCount; row++) put(row, isValid(validity, row) ? codes[row]! : -1, 0);
    }
  }
  return { one, two };
}

/** Rows that repeat an earlier row in every column. Hashes find the candidates; the values decide. */
export function countDuplicateRows(table: Table): number {
  const { rowCount } = table;
  if (table.columns.length === 0) return 0;
  const { one, two } = hashRows(table);
  let capacity = 1024;
  while (capacity < rowCount * 2) capacity *= 2;
  const slots = new Int32Array(capacity).fill(-1);
  const mask = capacity - 1;
  let duplicates = 0;
  for (let row = 0; row < rowCount; row++) {
    let slot = one[row]! & mask;
    let isDuplicate = false;
    for (let other = slots[slot]!; other >= 0; other = slots[slot]!) {
      if (one[other] === one[row] && two[other] === two[row] && areEqual(table.columns, other, row)) {
        isDuplicate = true;
        break;
      }
      slot = (slot + 1) & mask;
    }
    if (isDuplicate) duplicates++;
    else slots[slot] = row;
  }
  return duplicates;
}

function areEqual(columns: readonly Column[], a: number, b: number): boolean {
  for (const column of columns) {
    const isThere = isValid(column.validity, a);
    if (isThere !== isValid(column.validity, b)) return false;
    if (!isThere) continue;
    if (column.kind === 'text') {
      const [start, other] = [column.offsets[a]!, column.offsets[b]!];
      const length = column.offsets[a + 1]! - start;
      if (column.offsets[b + 1]! - other !== length) return false;
      for (let i = 0; i < length; i++) if (column.bytes[start + i] !== column.bytes[other + i]) return false;
    } else {
      const values = column.kind === 'category' ? column.codes : column.values;
      if (values[a] !== values[b]) return false;
    }
  }
  return true;
}
