/**
 * Columnar data, as every reader makes it and everything else takes it.
 *
 * Missing is missing: a validity bitmap says so (bit `row & 7` of byte `row >> 3` is 1 where the value is there); what
 * the value array holds at a missing row is 0 and means nothing. A column without a bitmap has no missing value.
 * Arrays are never changed after a table is made.
 */
export interface Table {
  readonly rowCount: number;
  readonly columns: readonly Column[];
}

/** One named, typed column. The kinds are an open registry; these are the ones that tables have. */
export type Column = NumberColumn | CategoryColumn | TextColumn | DatetimeColumn | BooleanColumn;

/** What all kinds of column share. */
export interface ColumnBase {
  readonly name: string;
  /** Validity bitmap, least significant bit first; absent where nothing is missing. */
  readonly validity?: Uint8Array;
}

/** Numbers, kept in full double precision. */
export interface NumberColumn extends ColumnBase {
  readonly kind: 'number';
  readonly values: Float64Array;
  /** A unit that every value carried in the source and that was taken off ("kg", "€", "%"). */
  readonly unit?: string;
}

/** Short repeated strings: `dictionary[codes[row]]`. */
export interface CategoryColumn extends ColumnBase {
  readonly kind: 'category';
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

/** Free text or identifiers: UTF-8 bytes from `offsets[row]` to `offsets[row + 1]`. */
export interface TextColumn extends ColumnBase {
  readonly kind: 'text';
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Milliseconds since 1970-01-01T00:00:00Z, whole numbers; a source without a zone is read as UTC. */
export interface DatetimeColumn extends ColumnBase {
  readonly kind: 'datetime';
  readonly values: Float64Array;
}

/** 0 or 1. */
export interface BooleanColumn extends ColumnBase {
  readonly kind: 'boolean';
  readonly values: Uint8Array;
  /** The two spellings of the source, in the order false, true (for printing and for labels). */
  readonly labels: readonly [string, string];
}

/** The kind of a column. */
export type ColumnKind = Column['kind'];
