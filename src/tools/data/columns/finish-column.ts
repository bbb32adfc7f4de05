import type { Column } from '../table.ts';
import { MissingRows } from './bitmap.ts';
import type { ColumnFormat } from './column-format.ts';
import { inferFormat } from './infer-format.ts';
import { isMissing } from './missing.ts';
import { parseText } from './parse-value.ts';
import { type RawTexts, textAt, viewTexts } from './texts.ts';

/** A column as a reader made it. Numbers and datetimes hold 0 where a row is in `missing`. */
export type RawColumn = RawTexts | RawNumbers;

/** Numbers, or datetimes in milliseconds since 1970. */
export interface RawNumbers {
  readonly type: 'number' | 'datetime';
  readonly values: Float64Array;
  readonly missing: MissingRows;
  /** How often each spelling of missing was found. */
  readonly spellings: ReadonlyMap<string, number>;
  /** Values that are there but are no finite number. */
  readonly unparsed?: number;
}

/** What was found in a column and what became of it. Missing values, unparsed ones and the rest add up to the rows. */
export interface ColumnReport {
  readonly name: string;
  readonly format: ColumnFormat;
  /** Values that stand for missing, by spelling ('' is an empty field). */
  readonly missing: Readonly<Record<string, number>>;
  readonly missingCount: number;
  /** Values that are there but are none of the column's kind; they count as missing in the table. */
  readonly unparsed: number;
  /** The kind that its first rows suggested did not hold, and the column was read again. */
  readonly retyped: boolean;
  readonly notes: readonly string[];
}

/** What a column became. */
export interface FinishedColumn {
  readonly column: Column;
  readonly report: ColumnReport;
}

/** Options of {@link finishColumn}. */
export interface FinishOptions {
  /** Spellings of missing besides the built-in ones. */
  readonly missing: readonly string[];
  readonly retyped?: boolean;
  /** Reads by this format instead of inferring one; the texts must be `RawTexts`. */
  readonly format?: ColumnFormat | undefined;
}

/** Turns a raw column into a typed one: infers its format from all of its values, then reads each by it. */
export function finishColumn(name: string, raw: RawColumn, rowCount: number, options: FinishOptions): FinishedColumn {
  const extra = options.missing.length === 0 ? {} : { missing: options.missing };
  const retyped = options.retyped ?? false;
  if ('values' in raw) {
    const validity = raw.missing.validity(rowCount);
    const format: ColumnFormat =
      raw.type === 'number' ? { kind: 'number', decimal: '.', ...extra } : { kind: 'datetime', order: 'ymd', ...extra };
    const report = makeReport(name, format, raw.spellings, raw.unparsed ?? 0, retyped, []);
    return { column: { name, kind: raw.type, values: raw.values, ...(validity && { validity }) }, report };
  }
  const texts = viewTexts(raw, rowCount, options.format?.missing ?? options.missing);
  const inferred = options.format === undefined ? inferFormat(texts) : { format: options.format, notes: [] };
  const format: ColumnFormat = { ...inferred.format, ...extra };
  const { column, unparsed } = readColumn(name, raw, rowCount, format);
  return { column, report: makeReport(name, format, texts.missing, unparsed, retyped, inferred.notes) };
}

function makeReport(
  name: string,
  format: ColumnFormat,
  spellings: ReadonlyMap<string, number>,
  unparsed: number,
  retyped: boolean,
  notes: readonly string[],
): ColumnReport {
  const sorted = [...spellings].sort(([a], [b]) => (a < b ? -1 : 1));
  const missingCount = sorted.reduce((sum, [, count]) => sum + count, 0);
  return { name, format, missing: Object.fromEntries(sorted), missingCount, unparsed, retyped, notes };
}

function readColumn(
  name: string,
  raw: RawTexts,
  rowCount: number,
  format: ColumnFormat,
): { column: Column; unparsed: number } {
  if (format.kind === 'text') return { column: readText(name, raw, rowCount, format), unparsed: 0 };
  if (format.kind === 'category') return { column: readCategory(name, raw, rowCount, format), unparsed: 0 };
  const missing = new MissingRows();
  const values = format.kind === 'boolean' ? new Uint8Array(rowCount) : new Float64Array(rowCount);
  let unparsed = 0;
  const put = (row: number, value: number | string | null | undefined): void => {
    if (typeof value === 'number') values[row] = value;
    else {
      missing.add(row);
      if (value === undefined) unparsed++;
    }
  };
  if (raw.type === 'codes') {
    const parsed = raw.dictionary.map((text) => parseText(text, format));
    for (let row = 0; row < rowCount; row++) {
      const code = raw.codes[row]!;
      put(row, code < 0 ? null : parsed[code]);
    }
  } else for (let row = 0; row < rowCount; row++) put(row, parseText(textAt(raw, row), format));
  const validity = missing.validity(rowCount);
  const base = { name, ...(validity && { validity }) };
  if (format.kind === 'boolean') {
    return { column: { ...base, kind: 'boolean', values: values as Uint8Array, labels: format.labels }, unparsed };
  }
  const numbers = values as Float64Array;
  if (format.kind === 'datetime') return { column: { ...base, kind: 'datetime', values: numbers }, unparsed };
  const unit = format.unit === undefined ? {} : { unit: format.unit };
  return { column: { ...base, kind: 'number', values: numbers, ...unit }, unparsed };
}

/** The dictionary is sorted by UTF-16 code units: it depends on the values alone, not on who saw which first. */
function readCategory(name: string, raw: RawTexts, rowCount: number, format: ColumnFormat): Column {
  const missing = new MissingRows();
  const codes = new Int32Array(rowCount);
  const lookup = new Map<string, number>();
  const codeOf = (text: string): number => {
    const trimmed = text.trim();
    if (isMissing(trimmed, format.missing)) return -1;
    let code = lookup.get(trimmed);
    if (code === undefined) {
      code = lookup.size;
      lookup.set(trimmed, code);
    }
    return code;
  };
  if (raw.type === 'codes') {
    const used = new Uint8Array(raw.dictionary.length);
    for (let row = 0; row < rowCount; row++) if (raw.codes[row]! >= 0) used[raw.codes[row]!] = 1;
    const mapped = Int32Array.from(raw.dictionary, (text, code) => (used[code] === 1 ? codeOf(text) : -1));
    for (let row = 0; row < rowCount; row++) {
      const code = raw.codes[row]!;
      codes[row] = code < 0 ? -1 : mapped[code]!;
    }
  } else for (let row = 0; row < rowCount; row++) codes[row] = codeOf(textAt(raw, row));
  const dictionary = [...lookup.keys()].sort();
  const position = new Int32Array(dictionary.length);
  for (const [index, text] of dictionary.entries()) position[lookup.get(text)!] = index;
  for (let row = 0; row < rowCount; row++) {
    const code = codes[row]!;
    if (code < 0) {
      codes[row] = 0;
      missing.add(row);
    } else codes[row] = position[code]!;
  }
  const validity = missing.validity(rowCount);
  return { name, kind: 'category', codes, dictionary, ...(validity && { validity }) };
}

function readText(name: string, raw: RawTexts, rowCount: number, format: ColumnFormat): Column {
  const missing = new MissingRows();
  const source = raw.type === 'bytes' ? raw : spread(raw, rowCount);
  const isPlain = format.missing === undefined;
  for (let row = 0; row < rowCount; row++) {
    const start = source.offsets[row]!;
    // Long and without white space before it: no built-in spelling of missing.
    if (isPlain && source.offsets[row + 1]! - start > 12 && source.bytes[start]! > 32) continue;
    if (isMissing(textAt(source, row).trim(), format.missing)) missing.add(row);
  }
  const validity = missing.validity(rowCount);
  return { name, kind: 'text', offsets: source.offsets, bytes: source.bytes, ...(validity && { validity }) };
}

function spread(raw: RawTexts & { type: 'codes' }, rowCount: number): { offsets: Uint32Array; bytes: Uint8Array } {
  const encoder = new TextEncoder();
  const entries = raw.dictionary.map((text) => encoder.encode(text));
  const offsets = new Uint32Array(rowCount + 1);
  for (let row = 0; row < rowCount; row++) {
    const code = raw.codes[row]!;
    offsets[row + 1] = offsets[row]! + (code < 0 ? 0 : entries[code]!.length);
  }
  const bytes = new Uint8Array(offsets[rowCount]!);
  for (let row = 0; row < rowCount; row++)
    if (raw.codes[row]! >= 0) bytes.set(entries[raw.codes[row]!]!, offsets[row]!);
  return { offsets, bytes };
}
