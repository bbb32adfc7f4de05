import type { ColumnReport } from './columns/finish-column.ts';
import type { RenamedColumn } from './columns/unique-names.ts';
import type { Dialect } from './csv/dialect.ts';
import type { Encoding } from './csv/encoding.ts';

/** Formats that tables are read from. */
export type SourceFormat = 'csv' | 'json' | 'ndjson' | 'parquet' | 'records';

/** Rows that were set aside for one reason, with the numbers of the first 20 (data rows from 1). */
export interface SetAside {
  readonly reason: 'too-few-fields' | 'too-many-fields' | 'not-a-record';
  readonly count: number;
  readonly rows: readonly number[];
}

/**
 * What was read and what became of it; nothing is left out without being counted here:
 * `rowsRead` = `rowsKept` + all of `setAside` + `sample.rowsLeftOut`.
 */
export interface ReadReport {
  readonly formatVersion: 1;
  readonly format: SourceFormat;
  /** Size of the source; absent for records. */
  readonly bytes?: number;
  readonly rowsRead: number;
  readonly rowsKept: number;
  readonly setAside: readonly SetAside[];
  /** Lines with nothing in them; they are no rows. */
  readonly blankLines: number;
  /** Where the source is larger than the limits: the share of rows that was to be kept, and how many were not. */
  readonly sample?: { readonly share: number; readonly rowsLeftOut: number };
  readonly columns: readonly ColumnReport[];
  readonly renamed: readonly RenamedColumn[];
  /** For delimited text. */
  readonly text?: {
    readonly encoding: Encoding;
    readonly hasByteOrderMark: boolean;
    readonly dialect: Dialect;
    /** NUL bytes; they stay in their cells. */
    readonly nulBytes: number;
    /** Why the tolerant reader read the file, where it did. */
    readonly secondReader?: string;
  };
}
