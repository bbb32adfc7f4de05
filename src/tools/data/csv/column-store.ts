import { MissingRows } from '../columns/bitmap.ts';
import { BytesBuilder, codesLimit } from '../columns/text-builder.ts';
import type { RawTexts } from '../columns/texts.ts';
import { ByteDictionary } from './byte-dictionary.ts';

/** How the parser reads a column: the first two straight to numbers, the next two as texts, the last not at all. */
export const scanKind = { number: 0, datetime: 1, codes: 2, bytes: 3, skip: 4 } as const;
/** A value of {@link scanKind}. */
export type ScanKind = (typeof scanKind)[keyof typeof scanKind];

/** Memory that several threads fill side by side: each has the rows from `start` on, `capacity` of them. */
export interface SharedColumns {
  /** One buffer a column: float64 for numbers and datetimes, int32 for codes; none for the rest. */
  readonly buffers: readonly (SharedArrayBuffer | undefined)[];
  readonly start: number;
  readonly capacity: number;
}

/** What one pass over a range of rows makes, column by column. */
export class ColumnStore {
  readonly kinds: Int32Array;
  /** Float64Array or Int32Array by kind; row `r` of this store is at `start + r`. */
  readonly values: (Float64Array | Int32Array | undefined)[];
  readonly missing: MissingRows[];
  readonly spellings: Map<string, number>[];
  readonly dictionaries: (ByteDictionary | undefined)[];
  readonly long: (BytesBuilder | undefined)[];
  /** 1 where a value did not fit the column's kind, so that the column must be read again as text. */
  readonly misfits: Uint8Array;
  start: number;
  capacity: number;
  /** Values are no longer in the shared memory, because there was not enough of it. */
  hasMoved = false;
  /** Missing values of the row in work that are spelled out; they count once the row is kept. */
  #spelled: [column: number, spelling: string][] = [];

  constructor(kinds: readonly ScanKind[], capacity: number, shared?: SharedColumns) {
    this.kinds = Int32Array.from(kinds);
    this.start = shared?.start ?? 0;
    this.capacity = shared?.capacity ?? capacity;
    this.values = kinds.map((kind, column) => {
      const buffer = shared?.buffers[column];
      if (kind === scanKind.codes) return buffer === undefined ? new Int32Array(capacity) : new Int32Array(buffer);
      if (kind > scanKind.codes) return undefined;
      return buffer === undefined ? new Float64Array(capacity) : new Float64Array(buffer);
    });
    this.missing = kinds.map(() => new MissingRows());
    this.spellings = kinds.map(() => new Map<string, number>());
    this.dictionaries = kinds.map((kind) => (kind === scanKind.codes ? new ByteDictionary() : undefined));
    this.long = kinds.map((kind) => (kind === scanKind.bytes ? new BytesBuilder() : undefined));
    this.misfits = new Uint8Array(kinds.length);
  }

  /** Makes room for more rows than `rowCount`, in memory of its own. */
  grow(rowCount: number): void {
    const capacity = Math.ceil(rowCount * 1.5) + 64;
    for (const [column, values] of this.values.entries()) {
      if (values === undefined) continue;
      const grown = values instanceof Int32Array ? new Int32Array(capacity) : new Float64Array(capacity);
      grown.set(values.subarray(this.start, this.start + rowCount));
      this.values[column] = grown;
    }
    this.start = 0;
    this.capacity = capacity;
    this.hasMoved = true;
  }

  /** Says that a number or datetime of the row in work is missing. */
  setMissing(column: number, row: number, spelling: string): void {
    this.missing[column]!.add(row);
    if (spelling !== '') this.#spelled.push([column, spelling]);
  }

  /** The row in work is whole and stays. */
  keepRow(): void {
    if (this.#spelled.length === 0) return;
    for (const [column, spelling] of this.#spelled) {
      const counts = this.spellings[column]!;
      counts.set(spelling, (counts.get(spelling) ?? 0) + 1);
    }
    this.#spelled = [];
  }

  /** The row in work is set aside, or read again with the next piece: another takes its place. */
  dropRow(row: number): void {
    for (const missing of this.missing) missing.delete(row);
    this.#spelled = [];
  }

  /** Whether a column of codes has so many distinct texts that bytes are the better form. */
  isCrowded(column: number): boolean {
    const dictionary = this.dictionaries[column]!;
    return dictionary.size > codesLimit || dictionary.byteLength > 64 << 20;
  }

  /** Turns a column of codes, filled up to `rowCount`, into bytes. */
  toBytes(column: number, rowCount: number): BytesBuilder {
    const codes = this.values[column] as Int32Array;
    const dictionary = this.dictionaries[column]!;
    const long = new BytesBuilder();
    for (let row = 0; row < rowCount; row++) {
      const code = codes[this.start + row]!;
      const entry = code < 0 ? undefined : dictionary.entry(code);
      const at = long.reserve(row, entry?.length ?? 0);
      if (entry !== undefined) long.bytes.set(entry, at);
    }
    this.kinds[column] = scanKind.bytes;
    this.long[column] = long;
    this.dictionaries[column] = undefined;
    this.values[column] = undefined;
    return long;
  }

  /** The texts of a column of codes or bytes. */
  texts(column: number, rowCount: number): RawTexts {
    const long = this.long[column];
    if (long !== undefined) return long.finish(rowCount);
    const codes = (this.values[column] as Int32Array).subarray(this.start, this.start + rowCount);
    return { type: 'codes', codes, dictionary: this.dictionaries[column]!.strings() };
  }
}
