import { setImmediate as nextTurn } from 'node:timers/promises';
import { TrainerError } from '../../../core/errors.ts';
import type { RawColumn } from '../columns/finish-column.ts';
import { type ScanKind, scanKind } from './column-store.ts';
import type { CsvLayout } from './inspect-csv.ts';
import { mergeColumn, type SharedPlan } from './merge.ts';
import { maxListedRows, type ParserOptions, type RaggedRows } from './parser-options.ts';
import { type ByteSource, type ScanRange, type ScanResult, scanRange } from './scan.ts';
import { scanInThread } from './scan-in-thread.ts';
import { splitRanges } from './split-ranges.ts';
import { type CsvRows, readTolerant } from './tolerant.ts';

/** Options of {@link readRows}. */
export interface ReadRowsOptions {
  /** Bytes of the source. */
  readonly length: number;
  readonly threads: number;
  /** Share of the rows to keep, 1 for all. */
  readonly sampleShare: number;
  readonly missing?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly bytesPerThread?: number | undefined;
}

/** Rows, and why the tolerant reader read them if it did. */
export interface ReadRows {
  readonly rows: CsvRows;
  readonly secondReader?: string;
}

/** Reads all rows: the quick parser in as many passes as it takes, else the tolerant one. */
export async function readRows(
  source: ByteSource,
  layout: CsvLayout,
  options: ReadRowsOptions,
): Promise<ReadRows | 'not-utf8'> {
  const sampleBelow = options.sampleShare >= 1 ? 4294967296 : Math.floor(options.sampleShare * 4294967296);
  const { dialect } = layout;
  const isByte = dialect.delimiter.length === 1 && dialect.delimiter.charCodeAt(0) < 128 && dialect.quote.length <= 1;
  let doubt = dialect.lineEnd === '\r' ? 'lines end with a lone carriage return' : undefined;
  if (!isByte) doubt = 'delimiter or quote is not one byte';
  if (doubt === undefined) {
    const outcome = await readQuickly(source, layout, { ...options, sampleBelow });
    if (typeof outcome !== 'object') return 'not-utf8';
    if ('rows' in outcome) return outcome;
    doubt = outcome.doubt;
  }
  const rows = await readTolerant(source, {
    dialect,
    width: layout.names.length,
    start: layout.start,
    headText: layout.headText,
    sampleBelow,
    signal: options.signal,
  });
  return { rows, secondReader: doubt };
}

type QuickOptions = ReadRowsOptions & { readonly sampleBelow: number };

async function readQuickly(
  source: ByteSource,
  layout: CsvLayout,
  options: QuickOptions,
): Promise<ReadRows | { doubt: string } | 'not-utf8'> {
  let pass = await scanOnce(source, layout, layout.kinds, options);
  const columns: (RawColumn | undefined)[] = layout.names.map(() => undefined);
  const retyped = new Set<number>();
  const first = pass.results;
  for (;;) {
    const { results } = pass;
    if (results.some((result) => result.isMisencoded)) return 'not-utf8';
    const doubt = results.find((result) => result.doubt !== undefined)?.doubt;
    if (doubt !== undefined) return { doubt };
    for (const column of columns.keys()) columns[column] ??= mergeColumn(results, column, pass.plan);
    const open = new Set(columns.flatMap((column, index) => (column === undefined ? [index] : [])));
    if (open.size === 0) break;
    for (const column of open) retyped.add(column);
    const kinds = columns.map((_, column): ScanKind => (open.has(column) ? scanKind.codes : scanKind.skip));
    pass = await scanOnce(source, layout, kinds, options);
  }
  return { rows: { ...totals(first), columns: columns as RawColumn[], retyped } };
}

interface Pass {
  readonly results: readonly ScanResult[];
  readonly plan?: SharedPlan;
}

async function scanOnce(
  source: ByteSource,
  layout: CsvLayout,
  kinds: readonly ScanKind[],
  options: QuickOptions,
): Promise<Pass> {
  const whole: ScanRange = { from: layout.dataStart, to: options.length, isLast: true };
  const share = Math.min(1, options.sampleShare);
  const rowsIn = (range: ScanRange): number =>
    Math.ceil(((layout.estimatedRows * (range.to - range.from)) / Math.max(1, whole.to - whole.from)) * share * 1.1) +
    64;
  const parser = (range: ScanRange, shared?: ParserOptions['shared']): ParserOptions => ({
    delimiter: layout.dialect.delimiter.charCodeAt(0),
    quote: layout.dialect.quote === '' ? -1 : layout.dialect.quote.charCodeAt(0),
    kinds,
    missing: options.missing ?? [],
    capacity: rowsIn(range),
    sampleBelow: options.sampleBelow,
    shared,
  });
  const ranges = 'path' in source ? splitRanges(source, whole, layout, options) : [whole];
  if (ranges.length > 1) {
    const capacities = ranges.map(rowsIn);
    const rowCount = capacities.reduce((sum, capacity) => sum + capacity, 0);
    const starts = capacities.map((_, index) => capacities.slice(0, index).reduce((sum, count) => sum + count, 0));
    const buffers = kinds.map((kind) => {
      const width = kind < scanKind.codes ? 8 : 4;
      return kind <= scanKind.codes ? new SharedArrayBuffer(rowCount * width) : undefined;
    });
    const shared = (index: number) => ({ buffers, start: starts[index]!, capacity: capacities[index]! });
    const others = ranges
      .slice(1)
      .map((range, index) =>
        scanInThread({ source, range, options: parser(range, shared(index + 1)) }, options.signal),
      );
    const own = scanHere(source, ranges[0]!, parser(ranges[0]!, shared(0)), options.signal);
    const results = await Promise.all([own, ...others]).catch(unlessTooWide);
    // A range that was cut inside a quoted field is not read to its end by the one before it.
    const isWhole = (result: ScanResult | undefined, index: number): result is ScanResult =>
      result !== undefined && result.doubt === undefined && result.stoppedAt === ranges[index]!.to;
    if (results?.every(isWhole)) return { results, plan: { buffers, starts } };
  }
  return { results: [await scanHere(source, whole, parser(whole), options.signal)] };
}

/** What looks too wide from a bad cut may be fine from the start; what is too wide indeed is found again. */
function unlessTooWide(error: unknown): undefined {
  if (!TrainerError.isInstance(error) || error.code !== 'DATA_TOO_WIDE') throw error;
}

async function scanHere(
  source: ByteSource,
  range: ScanRange,
  options: ParserOptions,
  signal: AbortSignal | undefined,
): Promise<ScanResult> {
  const scan = scanRange(source, range, options);
  for (let step = scan.next(); ; step = scan.next()) {
    if (step.done) return step.value;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

function totals(results: readonly ScanResult[]): Omit<CsvRows, 'columns' | 'retyped'> {
  const sum = (of: (result: ScanResult) => number): number => results.reduce((all, result) => all + of(result), 0);
  const ragged = (of: (result: ScanResult) => RaggedRows): RaggedRows => {
    let before = 0;
    const rows: number[] = [];
    for (const result of results) {
      rows.push(...of(result).rows.map((row) => row + before));
      before += result.recordCount;
    }
    return { count: sum((result) => of(result).count), rows: rows.slice(0, maxListedRows) };
  };
  return {
    rowCount: sum((result) => result.rowCount),
    recordCount: sum((result) => result.recordCount),
    blankLines: sum((result) => result.blankLines),
    leftOut: sum((result) => result.leftOut),
    nulBytes: sum((result) => result.nulBytes),
    tooFew: ragged((result) => result.tooFew),
    tooMany: ragged((result) => result.tooMany),
  };
}
