import { isMissing } from '../columns/missing.ts';
import { parseDatetime } from '../columns/parse-datetime.ts';
import { isPlainNumber, parseNumberText } from '../columns/parse-number.ts';

/** How a delimited text file is written. */
export interface Dialect {
  readonly delimiter: ',' | ';' | '\t' | '|' | (string & {});
  /** Empty where nothing is quoted. */
  readonly quote: string;
  readonly header: boolean;
  readonly lineEnd: '\n' | '\r\n' | '\r';
}

/** What a host may fix of a dialect; the rest is found from the file's first rows. */
export type DialectOptions = Partial<Omit<Dialect, 'lineEnd'>>;

/** Splits text into rows of fields, quotes taken off; loose, for looking at the first rows only. */
export function splitRows(text: string, delimiter: string, quote: string, lineEnd: string, most: number): string[][] {
  const rows: string[][] = [];
  const newline = lineEnd === '\r' ? '\r' : '\n';
  let row: string[] = [];
  let field = '';
  let isInside = false;
  for (let i = 0; i < text.length && rows.length < most; i++) {
    const char = text[i]!;
    if (isInside) {
      if (char !== quote) field += char;
      else if (text[i + 1] === quote) {
        field += quote;
        i++;
      } else isInside = false;
    } else if (quote !== '' && char === quote && field.trim() === '') {
      isInside = true;
      field = '';
    } else if (char === delimiter) {
      row.push(field);
      field = '';
    } else if (char === newline) {
      row.push(field.endsWith('\r') ? field.slice(0, -1) : field);
      field = '';
      if (row.length > 1 || row[0] !== '') rows.push(row);
      row = [];
    } else field += char;
  }
  if (rows.length < most && (field !== '' || row.length > 0)) {
    row.push(field.endsWith('\r') ? field.slice(0, -1) : field);
    rows.push(row);
  }
  return rows;
}

const delimiters = [',', ';', '\t', '|'];

/** The line end that a text's first rows use; a lone carriage return only where there is no line feed at all. */
export function sniffLineEnd(text: string): Dialect['lineEnd'] {
  const feed = text.indexOf('\n');
  if (feed < 0) return text.includes('\r') ? '\r' : '\n';
  return text[feed - 1] === '\r' ? '\r\n' : '\n';
}

function sniffQuote(text: string, delimiter: string): string {
  if (text.includes('"')) return '"';
  const d = delimiter.replace(/[|\\^$.*+?()[\]{}]/g, '\\$&');
  const openings = text.match(new RegExp(`(?:^|${d}|\\n|\\r)'`, 'g'))?.length ?? 0;
  const closings = text.match(new RegExp(`'(?:$|${d}|\\n|\\r)`, 'g'))?.length ?? 0;
  return openings > 1 && openings === closings ? "'" : '"';
}

/**
 * Finds delimiter, quote and header from the first rows.
 *
 * The delimiter is the one that gives the most rows the same number of fields, at least two; ties go to the first row
 * agreeing, then to more fields. One column is comma-separated.
 */
export function sniffDialect(text: string, options: DialectOptions = {}): Dialect {
  const lineEnd = sniffLineEnd(text);
  let best = { delimiter: options.delimiter ?? ',', score: 0 };
  for (const delimiter of options.delimiter === undefined ? delimiters : []) {
    const rows = splitRows(text, delimiter, options.quote ?? sniffQuote(text, delimiter), lineEnd, 500);
    const widths = new Map<number, number>();
    for (const row of rows) widths.set(row.length, (widths.get(row.length) ?? 0) + 1);
    const [width, count] = [...widths].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0]);
    if (width < 2) continue;
    const score = count / rows.length + (rows[0]!.length === width ? 0.5 : 0) + Math.min(width, 1000) / 1e5;
    if (score > best.score) best = { delimiter, score };
  }
  const quote = options.quote ?? sniffQuote(text, best.delimiter);
  const rows = splitRows(text, best.delimiter, quote, lineEnd, 500);
  return { delimiter: best.delimiter, quote, lineEnd, header: options.header ?? hasHeader(rows) };
}

const isTyped = (text: string): boolean =>
  isPlainNumber(text) || parseNumberText(text, ',') !== undefined || !Number.isNaN(parseDatetime(text, 'dmy'));

/** Columns named by years, one after another, beside at least one that is named by a word. */
function yearsAmong(first: readonly string[]): ReadonlySet<number> {
  const names = first.map((name) => name.trim());
  const columns = names.flatMap((name, column) => (/^(?:19|20)\d\d$/.test(name) ? [column] : []));
  const isRow = columns.every((column, i) => i === 0 || Number(names[column]) === Number(names[columns[i - 1]!]) + 1);
  return new Set(columns.length >= 2 && isRow && names.some((name) => name !== '' && !isTyped(name)) ? columns : []);
}

/**
 * Whether the first row names the columns: columns whose other values are numbers or dates vote by whether their first
 * one is none; columns of texts vote against where their first value comes again, or is much longer or a missing one.
 */
export function hasHeader(rows: readonly (readonly string[])[]): boolean {
  const [first, ...rest] = rows;
  if (first === undefined) return false;
  let votes = 0;
  const years = yearsAmong(first);
  for (const [column, raw] of first.entries()) {
    const name = raw.trim();
    if (years.has(column)) {
      votes++;
      continue;
    }
    const values = rest.map((row) => row[column]?.trim() ?? '').filter((value) => !isMissing(value));
    if (values.length === 0) {
      if (isTyped(name)) votes--;
      continue;
    }
    const typed = values.filter(isTyped).length;
    if (typed > values.length * 0.9) votes += isTyped(name) ? -1 : name === '' || isMissing(name) ? 0 : 1;
    else if (isTyped(name)) votes--;
    else if (values.length >= 3 && values.includes(name)) votes--;
  }
  if (votes !== 0) return votes > 0;
  // Texts alone: names are there, each once.
  const names = first.map((name) => name.trim());
  return (
    names.every((name) => !isTyped(name)) && (names.length > 1 || !rest.some((row) => row[0]?.trim() === names[0]))
  );
}
