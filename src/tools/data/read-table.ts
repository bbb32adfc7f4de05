import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { TrainerError } from '../../core/errors.ts';
import type { Encoding } from './csv/encoding.ts';
import { readCsv } from './csv/read-csv.ts';
import { readJson } from './json.ts';
import { readNdjson } from './ndjson.ts';
import { readParquet } from './parquet.ts';
import type { ReadReport, SourceFormat } from './read-report.ts';
import { readRecords } from './records.ts';
import { detectFormat } from './source-format.ts';
import type { Table } from './table.ts';

/** Records as JavaScript has them: an array, or anything that can be iterated, at once or over time. */
export type RecordSource = Iterable<unknown> | AsyncIterable<unknown>;

/** Where a table comes from. */
export type TableSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'records'; readonly records: RecordSource };

/** Options of {@link readTable}; what is left out is found from the data. */
export interface ReadOptions {
  readonly format?: Exclude<SourceFormat, 'records'>;
  readonly delimiter?: string;
  /** '' where quotes are ordinary characters. */
  readonly quote?: string;
  readonly header?: boolean;
  readonly encoding?: Encoding;
  /** Spellings of missing besides the built-in ones. */
  readonly missing?: readonly string[];
  /** About as many rows are kept of a longer file or array, drawn by position; of an iterable exactly as many. */
  readonly maxRows?: number;
  /**
   * A larger file is sampled, so that the bytes of the rows kept are about as many.
   *
   * @default 2e9
   */
  readonly maxBytes?: number;
}

/** What reading may use. */
export interface ReadContext {
  /** @default 1 */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A table and the account of its reading. */
export interface ReadResult {
  readonly table: Table;
  readonly report: ReadReport;
}

const defaultMaxBytes = 2e9;

/**
 * Reads a table from CSV, TSV, JSON, NDJSON or Parquet files, or from records. The result depends on the data and the
 * options alone, not on the number of threads.
 *
 * @throws {TrainerError} DATA_NOT_FOUND, DATA_NOT_READABLE, DATA_EMPTY, DATA_FORMAT, DATA_ENCODING, DATA_TOO_WIDE
 */
export async function readTable(
  source: TableSource,
  options: ReadOptions = {},
  context: ReadContext = {},
): Promise<ReadResult> {
  context.signal?.throwIfAborted();
  if (source.kind === 'records') return readRecords(source.records, options, context);
  const { path } = source;
  const { head, size } = await readHead(path);
  const format = options.format ?? detectFormat(head, path);
  const limited = { maxBytes: defaultMaxBytes, ...options };
  if (format === 'json') return readJson(path, size, limited, context);
  if (format === 'ndjson') {
    const bytes = createReadStream(path, { highWaterMark: 1 << 20 });
    return readNdjson(bytes, head, size, limited, context);
  }
  if (format === 'parquet') return readParquet(path, size, limited, context);
  const threads = Math.max(1, Math.min(4, context.threads ?? 1));
  const csv = await readCsv(path, head, size, { ...limited, threads, signal: context.signal });
  const { rows } = csv;
  const table = { rowCount: rows.rowCount, columns: csv.columns.map(({ column }) => column) };
  const report: ReadReport = {
    formatVersion: 1,
    format,
    bytes: size,
    rowsRead: rows.recordCount,
    rowsKept: rows.rowCount,
    setAside: [
      { reason: 'too-few-fields' as const, ...rows.tooFew },
      { reason: 'too-many-fields' as const, ...rows.tooMany },
    ].filter(({ count }) => count > 0),
    blankLines: rows.blankLines,
    ...(csv.sampleShare !== undefined && { sample: { share: csv.sampleShare, rowsLeftOut: rows.leftOut } }),
    columns: csv.columns.map((column) => column.report),
    renamed: csv.renamed,
    text: {
      encoding: csv.encoding,
      hasByteOrderMark: csv.hasByteOrderMark,
      dialect: csv.dialect,
      nulBytes: rows.nulBytes,
      ...(csv.secondReader !== undefined && { secondReader: csv.secondReader }),
    },
  };
  return { table, report };
}

/** The first bytes of a file, and how many it has. @throws {TrainerError} DATA_NOT_FOUND, DATA_NOT_READABLE, DATA_EMPTY */
export async function readHead(path: string): Promise<{ head: Uint8Array; size: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw unreadable(path, 'a folder');
      if (!stats.isFile()) throw unreadable(path, 'no regular file');
      if (stats.size === 0) {
        throw new TrainerError(
          'DATA_EMPTY',
          `Expected a table in ${path}, got an empty file. Check that it was written to its end.`,
          { details: { path } },
        );
      }
      const head = Buffer.alloc(Math.min(stats.size, 1 << 16));
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return { head: head.subarray(0, bytesRead), size: stats.size };
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (TrainerError.isInstance(cause)) throw cause;
    const { code } = cause as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const message = `Expected a data file at ${path}, got nothing there. Check the path; it is taken from ${process.cwd()}.`;
      throw new TrainerError('DATA_NOT_FOUND', message, { cause, details: { path } });
    }
    const reason = code === 'EACCES' || code === 'EPERM' ? 'no permission' : code === 'EISDIR' ? 'a folder' : `${code}`;
    throw unreadable(path, reason, cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): TrainerError {
  return new TrainerError(
    'DATA_NOT_READABLE',
    `Expected a readable file at ${path}, got ${reason}. Check its permissions, and that it is a file.`,
    {
      details: { path, reason },
      ...(cause !== undefined && { cause }),
    },
  );
}
