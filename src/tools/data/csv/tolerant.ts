import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { TrainerError } from '../../../core/errors.ts';
import type { RawColumn } from '../columns/finish-column.ts';
import { TextBuilder } from '../columns/text-builder.ts';
import { mixPosition } from './byte-values.ts';
import type { Dialect } from './dialect.ts';
import { maxFieldBytes, maxListedRows, type RaggedRows } from './parser-options.ts';
import { type ByteSource, maxRowBytes } from './scan.ts';

/** What a reading of a whole file gave, whoever read it. */
export interface CsvRows {
  readonly rowCount: number;
  readonly recordCount: number;
  readonly blankLines: number;
  readonly leftOut: number;
  readonly nulBytes: number;
  readonly tooFew: RaggedRows;
  readonly tooMany: RaggedRows;
  readonly columns: readonly RawColumn[];
  /** Columns that were read again as text. */
  readonly retyped: ReadonlySet<number>;
}

/** What the tolerant reader needs. */
export interface TolerantOptions {
  readonly dialect: Dialect;
  readonly width: number;
  /** Position of the first byte after a byte order mark. */
  readonly start: number;
  readonly headText: string;
  /** Keep a row only where the hash of its number is below this; 2³² keeps all. */
  readonly sampleBelow: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what RFC 4180 leaves open (quotes inside unquoted fields, text after a closing quote, lone carriage returns as
 * line ends) by csv-parse, a slower reader with forty options and fifteen years of strange files behind it.
 *
 * @throws {TrainerError} DATA_FORMAT where a quote is never closed.
 */
export async function readTolerant(source: ByteSource, options: TolerantOptions): Promise<CsvRows> {
  const { dialect, width, sampleBelow } = options;
  const { parse } = await import('csv-parse');
  const builders = Array.from({ length: width }, () => new TextBuilder());
  const tooFew: RaggedRows = { count: 0, rows: [] };
  const tooMany: RaggedRows = { count: 0, rows: [] };
  let [rowCount, recordCount, leftOut, nulBytes] = [0, 0, 0, 0];
  const { headText, dialect: d } = options;
  const isBackslashed = headText.includes(`\\${d.quote}`) && !headText.includes(d.quote + d.quote);
  const parser = parse({
    delimiter: d.delimiter,
    quote: d.quote === '' ? null : d.quote,
    ...(isBackslashed && { escape: '\\' }),
    record_delimiter: d.lineEnd === '\r' ? ['\r'] : ['\r\n', '\n'],
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    ltrim: headText.includes(`${d.delimiter} ${d.quote}`),
    max_record_size: maxRowBytes,
    from: dialect.header ? 2 : 1,
  });
  const input =
    'path' in source
      ? createReadStream(source.path, {
          start: options.start,
          highWaterMark: 1 << 20,
          ...(options.signal && { signal: options.signal }),
        })
      : Readable.from(pieces(source.bytes.subarray(options.start)), { objectMode: false });
  input.on('data', (piece: Buffer) => {
    for (let at = piece.indexOf(0); at >= 0; at = piece.indexOf(0, at + 1)) nulBytes++;
  });
  input.on('error', (error: Error) => parser.destroy(error));
  input.pipe(parser);
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      recordCount++;
      if (sampleBelow < 4294967296 && mixPosition(recordCount) >= sampleBelow) {
        leftOut++;
        continue;
      }
      if (record.length !== width) {
        const ragged = record.length < width ? tooFew : tooMany;
        ragged.count++;
        if (ragged.rows.length < maxListedRows) ragged.rows.push(recordCount);
        continue;
      }
      for (let column = 0; column < width; column++) {
        const text = record[column]!;
        if (text.length > maxFieldBytes) throw tooLong(recordCount);
        builders[column]!.push(text);
      }
      rowCount++;
    }
  } catch (cause) {
    throw readable(cause);
  } finally {
    input.destroy();
  }
  const columns = builders.map((builder) => builder.finish());
  const blankLines = parser.info.empty_lines;
  return { rowCount, recordCount, blankLines, leftOut, nulBytes, tooFew, tooMany, columns, retyped: new Set() };
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1 << 20) yield bytes.subarray(at, at + (1 << 20));
}

function tooLong(record: number): TrainerError {
  return new TrainerError(
    'DATA_TOO_WIDE',
    `A field of row ${record} has more than 16 MiB, the greatest that is read. Look for a quote that is never closed, or leave the column out.`,
    {
      details: { row: record, limitBytes: maxFieldBytes },
    },
  );
}

function readable(cause: unknown): unknown {
  const { code, lines } = cause as { code?: string; lines?: number };
  const details = { line: lines };
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new TrainerError(
      'DATA_FORMAT',
      `Expected each quoted field to be closed, got one that is still open at the end of the data (line ${lines}). ` +
        'Close or double the quote, or set "quote" to "" in the `reading` of the request, where quotes are ordinary characters.',
      { cause, details },
    );
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new TrainerError(
      'DATA_TOO_WIDE',
      `A row near line ${lines} has more than 64 MiB, the greatest that is read. Look for a quote that is never closed.`,
      { cause, details },
    );
  }
  if (typeof code === 'string' && code.startsWith('CSV_')) {
    return new TrainerError(
      'DATA_FORMAT',
      `The text could not be read as delimited rows near line ${lines} (${code}). Check quotes and delimiter there.`,
      { cause, details },
    );
  }
  return cause;
}
