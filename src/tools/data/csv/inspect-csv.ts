import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { TrainerError } from '../../../core/errors.ts';
import { isMissing } from '../columns/missing.ts';
import { isPlainNumber } from '../columns/parse-number.ts';
import { type ScanKind, scanKind } from './column-store.ts';
import { type Dialect, type DialectOptions, sniffDialect, splitRows } from './dialect.ts';
import type { ByteSource } from './scan.ts';

/** Greatest number of columns. */
export const maxColumns = 20_000;

/** What the first rows tell of a file: enough to read the rest. */
export interface CsvLayout {
  readonly dialect: Dialect;
  /** As they stand in the source; `column_1`… where there is no header. */
  readonly names: readonly string[];
  /** How to read each column at first. */
  readonly kinds: readonly ScanKind[];
  /** Where the text starts, after a byte order mark. */
  readonly start: number;
  /** Where the first row of data starts. */
  readonly dataStart: number;
  readonly estimatedRows: number;
  readonly headText: string;
  /** Whether the header is UTF-8: it is read here, and by no parser that would notice. */
  readonly headerIsUtf8: boolean;
}

const sampleRows = 1000;

/**
 * Looks at the first rows.
 *
 * @throws {TrainerError} DATA_EMPTY, DATA_TOO_WIDE
 */
export function inspectCsv(
  source: ByteSource,
  start: number,
  size: number,
  options: DialectOptions & { readonly missing?: readonly string[] | undefined },
): CsvLayout {
  // A hundred lines at least, where they are there: the header of a very wide table alone fills a small sample.
  let head: Uint8Array;
  for (let want = 1 << 18; ; want *= 4) {
    head = readHead(source, start, Math.min(size - start, want));
    if (head.length < want || want >= 1 << 24 || countLines(head) >= 100) break;
  }
  const isWhole = start + head.length >= size;
  const whole = isWhole ? head.length : head.lastIndexOf(10) + 1 || head.length;
  const text = new TextDecoder().decode(head.subarray(0, whole));
  if (text.trim() === '') {
    throw new TrainerError(
      'DATA_EMPTY',
      'Expected a header and rows, got a file of white space. Check that it was written to its end.',
      { details: {} },
    );
  }
  const sniffed = sniffDialect(text, options);
  const rows = splitRows(text, sniffed.delimiter, sniffed.quote, sniffed.lineEnd, sampleRows);
  const first = rows[0]!;
  const widest = first.length;
  if (widest > maxColumns) {
    throw new TrainerError(
      'DATA_TOO_WIDE',
      `Expected at most ${maxColumns} columns, got ${widest}. Leave columns out, or turn the table on its side.`,
      { details: { columns: widest, limit: maxColumns } },
    );
  }
  const data = sniffed.header ? rows.slice(1) : rows;
  const width = dataWidth(first.length, data, sniffed.header);
  const names = Array.from({ length: width }, (_, index) =>
    sniffed.header ? (first[index] ?? '') : `column_${index + 1}`,
  );
  const dataStart = sniffed.header ? start + headerEnd(head, sniffed) : start;
  const kinds = names.map((_, column) => kindOf(data, column, options.missing));
  const perRow = Math.max(2, whole / Math.max(1, countLines(head.subarray(0, whole))));
  const estimatedRows = Math.ceil((size - dataStart) / perRow);
  const headerIsUtf8 = isUtf8(head.subarray(0, dataStart - start));
  const headText = text.slice(0, 1 << 20);
  return { dialect: sniffed, names, kinds, start, dataStart, estimatedRows, headText, headerIsUtf8 };
}

function readHead(source: ByteSource, start: number, length: number): Uint8Array {
  if ('bytes' in source) return source.bytes.subarray(start, start + length);
  const file = openSync(source.path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    let have = 0;
    while (have < length) {
      const read = readSync(file, buffer, have, length - have, start + have);
      if (read === 0) break;
      have += read;
    }
    return buffer.subarray(0, have);
  } finally {
    closeSync(file);
  }
}

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

/** The header's width, unless all rows agree on more: then the columns at the end have no name. */
function dataWidth(named: number, data: readonly (readonly string[])[], hasHeader: boolean): number {
  if (data.length === 0) return named;
  const widths = new Map<number, number>();
  for (const row of data) widths.set(row.length, (widths.get(row.length) ?? 0) + 1);
  const [commonest] = [...widths].reduce((a, b) => (b[1] > a[1] ? b : a));
  if (!hasHeader) return commonest;
  return commonest > named && !widths.has(named) && commonest <= maxColumns ? commonest : named;
}

/** Position after the header's line end, blank lines before it included. */
function headerEnd(head: Uint8Array, dialect: Dialect): number {
  const quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0);
  const end = dialect.lineEnd === '\r' ? 13 : 10;
  let isInside = false;
  let isBlank = true;
  for (let at = 0; at < head.length; at++) {
    const byte = head[at]!;
    if (byte === quote) isInside = !isInside;
    if (byte === end && !isInside) {
      if (!isBlank) return at + 1;
    } else if (byte !== 13) isBlank = false;
  }
  return head.length;
}

const isoDate = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?Z?)?$/;

function kindOf(
  rows: readonly (readonly string[])[],
  column: number,
  missing: readonly string[] | undefined,
): ScanKind {
  let [numbers, dates, values, characters] = [0, 0, 0, 0];
  const distinct = new Set<string>();
  for (const row of rows) {
    const text = (row[column] ?? '').trim();
    if (isMissing(text, missing)) continue;
    values++;
    if (isPlainNumber(text)) numbers++;
    else if (isoDate.test(text)) dates++;
    else {
      distinct.add(text);
      characters += text.length;
    }
  }
  // Where the host says that a number or a date stands for missing, every one must be looked at as text.
  const areTyped = missing?.some((spelling) => isPlainNumber(spelling) || isoDate.test(spelling)) !== true;
  if (areTyped && values > 0 && numbers === values) return scanKind.number;
  if (areTyped && values > 0 && dates === values) return scanKind.datetime;
  // All but all different, or long: a dictionary would only be in the way.
  const isText = values >= 200 && (distinct.size > values * 0.99 || characters > values * 64);
  return isText ? scanKind.bytes : scanKind.codes;
}
