import { readFile } from 'node:fs/promises';
import { TrainerError } from '../../../core/errors.ts';
import { type FinishedColumn, finishColumn } from '../columns/finish-column.ts';
import { type RenamedColumn, uniqueNames } from '../columns/unique-names.ts';
import type { Dialect, DialectOptions } from './dialect.ts';
import { decideFallback, type Encoding, guessEncoding, toUtf8 } from './encoding.ts';
import { type CsvLayout, inspectCsv } from './inspect-csv.ts';
import { readRows } from './read-rows.ts';
import type { ByteSource } from './scan.ts';
import type { CsvRows } from './tolerant.ts';

/** Options of {@link readCsv}. */
export interface CsvOptions extends DialectOptions {
  /** @default found from the bytes */
  readonly encoding?: Encoding | undefined;
  /** Spellings of missing besides the built-in ones. */
  readonly missing?: readonly string[] | undefined;
  /** About as many rows are kept of a longer file. */
  readonly maxRows?: number | undefined;
  /** A larger file is sampled, so that the bytes of the rows kept are about as many. */
  readonly maxBytes?: number | undefined;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Smallest piece of a file that is worth a thread; only for tests. */
  readonly bytesPerThread?: number | undefined;
}

/** What {@link readCsv} gives. */
export interface CsvTable {
  readonly columns: readonly FinishedColumn[];
  readonly rows: CsvRows;
  readonly encoding: Encoding;
  readonly hasByteOrderMark: boolean;
  readonly dialect: Dialect;
  readonly renamed: readonly RenamedColumn[];
  /** Why csv-parse read the file and not the quick parser. */
  readonly secondReader?: string;
  /** Share of the rows that was to be kept, where not all were. */
  readonly sampleShare?: number;
}

/**
 * Reads delimited text into typed columns.
 *
 * Bytes go straight into typed columns, on several threads where the file is large; the kinds that the first rows suggest
 * only choose how; a column that turns out otherwise is read again, and the kind is decided from all of its values. Where
 * quotes stand as RFC 4180 has no rule for, a tolerant reader reads the file instead.
 *
 * @throws {TrainerError} DATA_EMPTY, DATA_FORMAT, DATA_ENCODING, DATA_TOO_WIDE
 */
export async function readCsv(path: string, head: Uint8Array, size: number, options: CsvOptions): Promise<CsvTable> {
  const guess = guessEncoding(head);
  let encoding = options.encoding ?? guess.encoding;
  let source: ByteSource = { path };
  let start = guess.markBytes;
  let length = size;
  const recode = async (): Promise<void> => {
    const bytes = toUtf8((await readWhole(path, size)).subarray(guess.markBytes), encoding);
    source = { bytes };
    start = 0;
    length = bytes.length;
  };
  if (encoding !== 'utf-8') await recode();
  for (;;) {
    const layout = inspectCsv(source, start, length, options);
    const sampleShare = shareToKeep(layout, length, options);
    const outcome = layout.headerIsUtf8
      ? await readRows(source, layout, { ...options, length, sampleShare })
      : ('not-utf8' as const);
    if (outcome === 'not-utf8') {
      const bytes = await readWhole(path, size);
      if (options.encoding === 'utf-8') decideFallback(bytes, true);
      encoding = decideFallback(bytes.subarray(guess.markBytes), guess.markBytes > 0);
      await recode();
      continue;
    }
    const { rows, secondReader } = outcome;
    checkRows(rows, layout);
    const { names, renamed } = uniqueNames(layout.names);
    const columns: FinishedColumn[] = [];
    for (const [index, raw] of rows.columns.entries()) {
      const retyped = rows.retyped.has(index);
      columns.push(finishColumn(names[index]!, raw, rows.rowCount, { missing: options.missing ?? [], retyped }));
      if (index % 4 === 3) await new Promise((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
    }
    return {
      columns,
      rows,
      encoding,
      hasByteOrderMark: guess.markBytes > 0,
      dialect: layout.dialect,
      renamed,
      ...(secondReader !== undefined && { secondReader }),
      ...(sampleShare < 1 && { sampleShare }),
    };
  }
}

async function readWhole(path: string, size: number): Promise<Uint8Array> {
  if (size > 0x7fff_ffff) {
    throw new TrainerError(
      'DATA_ENCODING',
      'Expected UTF-8 in a file of 2 GiB or more, got another encoding, which is read in memory only. Convert it to UTF-8.',
      { details: { sizeBytes: size } },
    );
  }
  return readFile(path);
}

function shareToKeep(layout: CsvLayout, length: number, options: CsvOptions): number {
  const byBytes = options.maxBytes === undefined ? 1 : options.maxBytes / length;
  const byRows = options.maxRows === undefined ? 1 : options.maxRows / layout.estimatedRows;
  return Math.min(1, byBytes, byRows);
}

function checkRows(rows: CsvRows, layout: CsvLayout): void {
  const width = layout.names.length;
  const setAside = rows.tooFew.count + rows.tooMany.count;
  if (rows.recordCount === 0) {
    throw new TrainerError(
      'DATA_EMPTY',
      `Expected rows of data, got a header of ${width} ${width === 1 ? 'column' : 'columns'} and nothing below it. Add rows, at least 20.`,
      { details: { columns: width } },
    );
  }
  if (setAside * 2 > rows.recordCount) {
    throw new TrainerError(
      'DATA_FORMAT',
      `Expected rows of ${width} fields, got another number of fields in ${setAside} of ${rows.recordCount} rows ` +
        `(the first: data row ${rows.tooFew.rows[0] ?? rows.tooMany.rows[0]}). Is it a table? If so, set "delimiter", ` +
        '"quote" or "header" in the `reading` of the request.',
      { details: { columns: width, rows: rows.recordCount, setAside } },
    );
  }
  if (rows.rowCount === 0) {
    throw new TrainerError(
      'DATA_EMPTY',
      `Expected rows of data, got none of ${rows.recordCount} that could be kept. Check the delimiter and the quotes, and the limits of rows and bytes.`,
      {
        details: { rows: rows.recordCount, setAside, leftOut: rows.leftOut },
      },
    );
  }
}
