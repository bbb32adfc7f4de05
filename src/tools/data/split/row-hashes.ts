import { isMissing } from '../prepare/cells.ts';
import type { Column, Table } from '../table.ts';

/** A 64-bit hash a row, in two halves; equal rows have equal hashes, also in different tables. */
export interface RowHashes {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const missingHigh = 0x9e3779b9;
const missingLow = 0x7f4a7c15;

function hashBytes(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = start; i < end; i++) {
    hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return finish(hash);
}

/** MurmurHash3's 32-bit finaliser (Austin Appleby). */
function finish(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

function addColumn(column: Column, rowCount: number, high: Uint32Array, low: Uint32Array): void {
  const encoder = new TextEncoder();
  let read: (row: number) => void;
  let first = 0;
  let second = 0;
  if (column.kind === 'category') {
    // Codes differ between tables, so the strings are hashed, each once.
    const hashes = column.dictionary.map((value) => {
      const bytes = encoder.encode(value);
      return [hashBytes(bytes, 0, bytes.length, 1), hashBytes(bytes, 0, bytes.length, 2)] as const;
    });
    read = (row) => {
      [first, second] = hashes[column.codes[row]!]!;
    };
  } else if (column.kind === 'text') {
    read = (row) => {
      first = hashBytes(column.bytes, column.offsets[row]!, column.offsets[row + 1]!, 1);
      second = hashBytes(column.bytes, column.offsets[row]!, column.offsets[row + 1]!, 2);
    };
  } else {
    const double = new Float64Array(1);
    const words = new Uint32Array(double.buffer);
    read = (row) => {
      double[0] = column.values[row]! + 0; // −0 + 0 is 0
      first = finish(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1));
      second = finish(words[1]! ^ Math.imul(words[0]!, 0x85ebca77));
    };
  }
  for (let row = 0; row < rowCount; row++) {
    if (isMissing(column, row)) {
      first = missingHigh;
      second = missingLow;
    } else {
      read(row);
    }
    high[row] = finish(Math.imul(high[row]!, 31) + first);
    low[row] = finish(Math.imul(low[row]!, 37) + second);
  }
}

/** Hashes the rows of a table over the named columns, in that order. */
export function rowHashes(table: Table, columns: readonly Column[] = table.columns): RowHashes {
  const high = new Uint32Array(table.rowCount).fill(1);
  const low = new Uint32Array(table.rowCount).fill(2);
  for (const column of columns) addColumn(column, table.rowCount, high, low);
  return { high, low };
}

/** Equal rows as one number: `ids[row]` is the position of the first row with that hash; `distinct` counts the different ones. */
export function equalRows(hashes: RowHashes): { readonly ids: Int32Array; readonly distinct: number } {
  const { high, low } = hashes;
  const rowCount = high.length;
  let capacity = 16;
  while (capacity < rowCount * 2) capacity *= 2;
  const slots = new Int32Array(capacity).fill(-1);
  const ids = new Int32Array(rowCount);
  let distinct = 0;
  for (let row = 0; row < rowCount; row++) {
    let slot = low[row]! & (capacity - 1);
    for (;;) {
      const other = slots[slot]!;
      if (other < 0) {
        slots[slot] = row;
        ids[row] = row;
        distinct++;
        break;
      }
      if (high[other] === high[row] && low[other] === low[row]) {
        ids[row] = other;
        break;
      }
      slot = (slot + 1) & (capacity - 1);
    }
  }
  return { ids, distinct };
}
