import { isMissing } from '../columns/missing.ts';
import { parseDatetime } from '../columns/parse-datetime.ts';
import { isPlainNumber } from '../columns/parse-number.ts';
import { asciiText, isoDatetime, mixPosition } from './byte-values.ts';
import { ColumnStore, scanKind } from './column-store.ts';
import { fieldTooLong, maxFieldBytes, maxListedRows, type ParserOptions, type RaggedRows } from './parser-options.ts';

const LF = 10;
const CR = 13;
const MINUS = 45;
const POINT = 46;
const fnvStart = 0x811c9dc5 | 0;
const fnvPrime = 0x01000193;
const powersOfTen = Float64Array.of(
  1,
  1e1,
  1e2,
  1e3,
  1e4,
  1e5,
  1e6,
  1e7,
  1e8,
  1e9,
  1e10,
  1e11,
  1e12,
  1e13,
  1e14,
  1e15,
  1e16,
  1e17,
  1e18,
  1e19,
  1e20,
  1e21,
  1e22,
);

/**
 * Reads bytes straight into typed columns, one pass, no strings for what parses at once.
 *
 * It reads RFC 4180 and nothing looser: where quotes stand in a way that it can't be sure of, it stops with `doubt`, and
 * a tolerant reader takes over.
 */
export class CsvParser {
  readonly store: ColumnStore;
  /** Rows kept. */
  rowCount = 0;
  /** Rows met, those set aside and those left out of a sample included; blank lines are none. */
  recordCount = 0;
  blankLines = 0;
  leftOut = 0;
  readonly tooFew: RaggedRows = { count: 0, rows: [] };
  readonly tooMany: RaggedRows = { count: 0, rows: [] };
  /** Why this file needs the tolerant reader. */
  doubt: string | undefined;
  readonly #options: ParserOptions;
  /** 1 for the bytes that end an unquoted run: delimiter, quote, line feed, carriage return. */
  readonly #stops = new Uint8Array(256);
  #scratch = new Uint8Array(1 << 12);
  #unclosed = false;

  constructor(options: ParserOptions) {
    this.#options = options;
    this.store = new ColumnStore(options.kinds, options.capacity, options.shared);
    for (const byte of [options.delimiter, LF, CR]) this.#stops[byte] = 1;
    if (options.quote >= 0) this.#stops[options.quote] = 1;
  }

  /**
   * Reads the whole rows of `buffer[from..end)`; three bytes after `end` are overwritten. Unless it is the last piece, a
   * row that reaches `end` is left for the next call.
   *
   * @param offset Position of `buffer[0]` in the file.
   * @returns where the first row that was not read starts.
   */
  parse(buffer: Uint8Array, from: number, end: number, isLast: boolean, offset: number): number {
    const { delimiter, quote, sampleBelow } = this.#options;
    const { store } = this;
    const { kinds, values } = store;
    const stops = this.#stops;
    const width = kinds.length;
    // Sentinels end every inner loop without a bounds check.
    buffer[end] = LF;
    buffer[end + 1] = quote < 0 ? LF : quote;
    buffer[end + 2] = LF;
    let p = from;
    while (p < end) {
      const rowStart = p;
      let byte = buffer[p]!;
      if (byte === LF || (byte === CR && buffer[p + 1] === LF)) {
        if (p + (byte === CR ? 1 : 0) >= end && !isLast) return rowStart;
        p += byte === CR ? 2 : 1;
        this.blankLines++;
        continue;
      }
      if (sampleBelow < 4294967296 && mixPosition(offset + rowStart) >= sampleBelow) {
        p = this.#skipRow(buffer, p, end);
        if (this.#isOpen(isLast) || this.doubt !== undefined || (p >= end && !isLast)) return rowStart;
        p++;
        this.recordCount++;
        this.leftOut++;
        continue;
      }
      const row = this.rowCount;
      if (row === store.capacity) store.grow(row);
      const at = store.start + row;
      let column = 0;
      for (; column < width; column++) {
        byte = buffer[p]!;
        const kind = kinds[column]!;
        if (byte === quote) p = this.#quoted(buffer, p, end, column, kind, row);
        else if (kind === 0) {
          const start = p;
          let isNegative = false;
          if (byte === MINUS) {
            isNegative = true;
            byte = buffer[++p]!;
          }
          const first = byte;
          let mantissa = 0;
          const whole = p;
          let digit = byte - 48;
          while (digit >= 0 && digit < 10) {
            mantissa = (Math.imul(mantissa, 10) + digit) | 0;
            digit = buffer[++p]! - 48;
          }
          let digits = p - whole;
          const hasZero = first === 48 && digits > 1;
          let fraction = 0;
          if (digit === POINT - 48) {
            const point = ++p;
            digit = buffer[p]! - 48;
            while (digit >= 0 && digit < 10) {
              mantissa = (Math.imul(mantissa, 10) + digit) | 0;
              digit = buffer[++p]! - 48;
            }
            fraction = p - point;
            digits += fraction;
          }
          byte = digit + 48;
          // Up to nine digits fit an int32, and one division by an exact power of ten is correctly rounded.
          if (
            digits > 0 &&
            digits <= 9 &&
            !hasZero &&
            (byte === delimiter || byte === LF || (byte === CR && buffer[p + 1] === LF))
          ) {
            const value = mantissa / powersOfTen[fraction]!;
            (values[column] as Float64Array)[at] = isNegative ? -value : value;
          } else {
            p = this.#fieldEnd(buffer, start);
            this.#typed(buffer, start, p, column, kind, row);
          }
        } else if (kind === 2) {
          const start = p;
          let hash = fnvStart;
          for (;;) {
            while (stops[byte] === 0) {
              hash = Math.imul(hash ^ byte, fnvPrime);
              byte = buffer[++p]!;
            }
            if (byte !== CR || buffer[p + 1] === LF) break;
            hash = Math.imul(hash ^ byte, fnvPrime);
            byte = buffer[++p]!;
          }
          if (p === start) (values[column] as Int32Array)[at] = -1;
          else this.#code(buffer, start, p, hash, column, row);
        } else {
          const start = p;
          p = this.#fieldEnd(buffer, p);
          if (kind === 1) this.#typed(buffer, start, p, column, kind, row);
          else if (kind === 3) this.#bytes(buffer, start, p, column, row);
        }
        if (this.doubt !== undefined) return rowStart;
        byte = buffer[p]!;
        if (byte === delimiter) p++;
        else if (byte === LF || (byte === CR && buffer[p + 1] === LF)) break;
        else {
          this.doubt = 'a quote stands inside a field that is not quoted';
          return rowStart;
        }
      }
      let ragged: RaggedRows | undefined;
      if (column === width) {
        ragged = this.tooMany;
        p = this.#skipRow(buffer, p, end);
        if (this.doubt !== undefined) return rowStart;
      } else {
        if (column < width - 1) ragged = this.tooFew;
        if (buffer[p] === CR) p++;
      }
      if (this.#isOpen(isLast) || (p >= end && !isLast)) {
        store.dropRow(row);
        return rowStart;
      }
      p++;
      this.recordCount++;
      if (ragged !== undefined) {
        store.dropRow(row);
        ragged.count++;
        if (ragged.rows.length < maxListedRows) ragged.rows.push(this.recordCount);
      } else {
        this.rowCount = row + 1;
        store.keepRow();
      }
    }
    return p;
  }

  /** The end of an unquoted field: a delimiter, a line end or (in doubt) a quote. A lone carriage return is text. */
  #fieldEnd(buffer: Uint8Array, from: number): number {
    let p = from;
    for (;;) {
      while (this.#stops[buffer[p]!] === 0) p++;
      if (buffer[p] !== CR || buffer[p + 1] === LF) return p;
      p++;
    }
  }

  /** The line feed that ends the row in which `from` is a field's start. */
  #skipRow(buffer: Uint8Array, from: number, end: number): number {
    const { delimiter, quote } = this.#options;
    for (let p = from; ; p++) {
      if (buffer[p] === quote) p = this.#quoted(buffer, p, end, 0, scanKind.skip, 0);
      else p = this.#fieldEnd(buffer, p);
      if (this.doubt !== undefined) return p;
      if (buffer[p] === CR) p++;
      if (buffer[p] === LF) return p;
      if (buffer[p] !== delimiter) {
        this.doubt = 'a quote stands inside a field that is not quoted';
        return p;
      }
    }
  }

  /** Reads a quoted field; returns the position after its closing quote. */
  #quoted(buffer: Uint8Array, from: number, end: number, column: number, kind: number, row: number): number {
    const { delimiter, quote } = this.#options;
    const start = from + 1;
    let p = start;
    let doubled = 0;
    let hash = fnvStart;
    for (;;) {
      let byte = buffer[p]!;
      while (byte !== quote) {
        hash = Math.imul(hash ^ byte, fnvPrime);
        byte = buffer[++p]!;
      }
      if (p >= end || buffer[p + 1] !== quote) break;
      hash = Math.imul(hash ^ quote, fnvPrime);
      doubled++;
      p += 2;
    }
    if (p >= end) {
      this.#unclosed = true;
      return end;
    }
    const next = buffer[p + 1]!;
    if (next !== delimiter && next !== LF && !(next === CR && buffer[p + 2] === LF)) {
      this.doubt = 'text stands after a closing quote';
      return p;
    }
    if (kind === scanKind.skip) return p + 1;
    let bytes = buffer;
    let [a, z] = [start, p];
    if (doubled > 0) {
      if (this.#scratch.length < p - start) this.#scratch = new Uint8Array((p - start) * 2);
      bytes = this.#scratch;
      a = 0;
      z = 0;
      for (let i = start; i < p; i++) {
        bytes[z++] = buffer[i]!;
        if (buffer[i] === quote) i++;
      }
    }
    if (kind === scanKind.codes) {
      if (a === z) (this.store.values[column] as Int32Array)[this.store.start + row] = -1;
      else this.#code(bytes, a, z, hash, column, row);
    } else if (kind === scanKind.bytes) this.#bytes(bytes, a, z, column, row);
    else this.#typed(bytes, a, z, column, kind, row);
    return p + 1;
  }

  /** Whether the row in work ends inside quotes: it goes on after this piece, or is never closed. */
  #isOpen(isLast: boolean): boolean {
    if (!this.#unclosed) return false;
    this.#unclosed = false;
    if (isLast) this.doubt = 'a quoted field is never closed';
    return true;
  }

  #code(buffer: Uint8Array, start: number, end: number, hash: number, column: number, row: number): void {
    if (end - start > maxFieldBytes) throw fieldTooLong(this.recordCount + 1);
    const { store } = this;
    const code = store.dictionaries[column]!.get(buffer, start, end, hash ^ (hash >>> 15));
    (store.values[column] as Int32Array)[store.start + row] = code;
    if (code >= 20_000 && store.isCrowded(column)) store.toBytes(column, row + 1);
  }

  #bytes(buffer: Uint8Array, start: number, end: number, column: number, row: number): void {
    const length = end - start;
    if (length > maxFieldBytes) throw fieldTooLong(this.recordCount + 1);
    const long = this.store.long[column]!;
    const at = long.reserve(row, length);
    const { bytes } = long;
    if (length > 64) bytes.set(buffer.subarray(start, end), at);
    else for (let i = 0; i < length; i++) bytes[at + i] = buffer[start + i]!;
  }

  /** A number or datetime that the quick paths leave: white space, long digits, exponents, missing, or a misfit. */
  #typed(buffer: Uint8Array, start: number, end: number, column: number, kind: number, row: number): void {
    const { store } = this;
    let value = 0;
    if (end === start) store.setMissing(column, row, '');
    else {
      value = kind === 1 ? isoDatetime(buffer, start, end) : Number.NaN;
      if (Number.isNaN(value)) {
        const text = end - start > 64 ? undefined : asciiText(buffer, start, end);
        if (text !== undefined && isMissing(text, this.#options.missing)) {
          store.setMissing(column, row, text);
          value = 0;
        } else if (text !== undefined && kind === 1) value = parseDatetime(text, 'ymd');
        else if (text !== undefined && isPlainNumber(text)) value = Number(text);
        if (!Number.isFinite(value)) {
          store.misfits[column] = 1;
          store.kinds[column] = scanKind.skip;
          return;
        }
      }
    }
    (store.values[column] as Float64Array)[store.start + row] = value;
  }
}
