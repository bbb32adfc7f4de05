import { isValid } from '../columns/bitmap.ts';
import type { Column, Table, TextColumn } from '../table.ts';

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

const missingWord = 0x7ff80001;

/** One 32-bit hash a row over all columns; equal rows have equal hashes, and few others do. */
export function hashRows(table: Table): Int32Array {
  const { rowCount } = table;
  const hashes = new Int32Array(rowCount);
  for (const column of table.columns) hashColumn(column, rowCount, hashes);
  for (let row = 0; row < rowCount; row++) {
    const hash = Math.imul(hashes[row]! ^ (hashes[row]! >>> 16), 0x85ebca6b);
    hashes[row] = hash ^ (hash >>> 13);
  }
  return hashes;
}

const step = (hash: number, word: number): number => {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return (mixed << 13) | (mixed >>> 19);
};

function hashColumn(column: Column, rowCount: number, hashes: Int32Array): void {
  const { validity } = column;
  if (column.kind === 'number' || column.kind === 'datetime') {
    const { values } = column;
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    for (let row = 0; row < rowCount; row++) {
      // Minus zero is the same value as zero, but not the same bits.
      const high = values[row] === 0 ? 0 : words[row * 2 + 1]!;
      if (isValid(validity, row)) hashes[row] = step(step(hashes[row]!, words[row * 2]!), high);
      else hashes[row] = step(hashes[row]!, missingWord);
    }
  } else if (column.kind === 'text') {
    const text = new Int32Array(2);
    for (let row = 0; row < rowCount; row++) {
      text[0] = missingWord;
      if (isValid(validity, row)) hashText(column, row, text);
      hashes[row] = step(hashes[row]!, text[0]!);
    }
  } else {
    const codes = column.kind === 'category' ? column.codes : column.values;
    for (let row = 0; row < rowCount; row++) {
      hashes[row] = step(hashes[row]!, isValid(validity, row) ? codes[row]! : missingWord);
    }
  }
}

/** Rows that repeat an earlier row in every column. Hashes find the candidates; the values decide. */
export function countDuplicateRows(table: Table): number {
  const { rowCount } = table;
  if (table.columns.length === 0) return 0;
  const hashes = hashRows(table);
  let capacity = 1024;
  while (capacity < rowCount * 2) capacity *= 2;
  const slots = new Int32Array(capacity).fill(-1);
  const mask = capacity - 1;
  let duplicates = 0;
  for (let row = 0; row < rowCount; row++) {
    const hash = hashes[row]!;
    let slot = hash & mask;
    let other = slots[slot]!;
    while (other >= 0 && !(hashes[other] === hash && areEqual(table.columns, other, row))) {
      slot = (slot + 1) & mask;
      other = slots[slot]!;
    }
    if (other >= 0) duplicates++;
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
