import { MissingRows } from './bitmap.ts';
import type { RawColumn } from './finish-column.ts';
import { textOf } from './parse-value.ts';
import { TextBuilder } from './text-builder.ts';

/**
 * Collects the values of one field of records. As long as all are numbers, or all dates, they stay so; with the first
 * value of another type the column becomes texts, and is read as texts of a file are.
 */
export class ValueBuilder {
  #values = new Float64Array(64);
  #missing = new MissingRows();
  #spellings = new Map<string, number>();
  #kind: 'number' | 'datetime' | undefined;
  #texts: TextBuilder | undefined;
  #rowCount = 0;
  #unparsed = 0;
  readonly #extraMissing: readonly string[];

  /** @param extraMissing Spellings of missing besides the built-in ones; they hold for numbers and dates too. */
  constructor(extraMissing: readonly string[]) {
    this.#extraMissing = extraMissing;
  }

  /** Sets the value of a row; rows that are left out have none. */
  put(row: number, value: unknown): void {
    while (this.#rowCount < row) this.#push(undefined);
    this.#push(value);
  }

  #push(given: unknown): void {
    // Parquet's 64-bit integers; the few that a double can't hold keep their digits as text.
    const isSmall = typeof given === 'bigint' && BigInt(Number(given)) === given;
    const value = isSmall ? Number(given) : given;
    if (this.#texts !== undefined) {
      this.#texts.push(typeof value === 'number' && Number.isNaN(value) ? '' : textOf(value));
      this.#rowCount++;
      return;
    }
    const spelling = missingSpelling(value, this.#extraMissing);
    if (spelling !== undefined) this.#absent(spelling);
    else if (typeof value === 'number' && this.#kind !== 'datetime') {
      this.#kind = 'number';
      if (Number.isFinite(value)) this.#set(value);
      else {
        this.#missing.add(this.#rowCount++);
        this.#unparsed++;
      }
    } else if (value instanceof Date && this.#kind !== 'number') {
      this.#kind = 'datetime';
      this.#set(value.getTime());
    } else {
      this.#toTexts();
      this.#push(value);
    }
  }

  #absent(spelling: string): void {
    this.#missing.add(this.#rowCount++);
    this.#spellings.set(spelling, (this.#spellings.get(spelling) ?? 0) + 1);
  }

  #set(value: number): void {
    if (this.#rowCount >= this.#values.length) {
      const values = new Float64Array(this.#values.length * 2);
      values.set(this.#values);
      this.#values = values;
    }
    this.#values[this.#rowCount++] = value;
  }

  #toTexts(): void {
    this.#texts = new TextBuilder();
    for (let row = 0; row < this.#rowCount; row++) {
      const value = this.#values[row]!;
      if (this.#missing.has(row)) this.#texts.push('');
      else this.#texts.push(this.#kind === 'datetime' ? new Date(value).toISOString() : String(value));
    }
  }

  finish(rowCount: number): RawColumn {
    while (this.#rowCount < rowCount) this.#push(undefined);
    if (this.#texts !== undefined) return this.#texts.finish();
    const values = new Float64Array(rowCount);
    values.set(this.#values.subarray(0, Math.min(rowCount, this.#values.length)));
    const [missing, spellings, unparsed] = [this.#missing, this.#spellings, this.#unparsed];
    return { type: this.#kind ?? 'number', values, missing, spellings, unparsed };
  }
}

/** How a value that is none is listed in the report; texts are judged later, by all of them. */
function missingSpelling(value: unknown, extra: readonly string[]): string | undefined {
  if (value === null) return 'null';
  if (value === undefined) return '';
  if (typeof value === 'number' && Number.isNaN(value)) return 'NaN';
  if (value instanceof Date && Number.isNaN(value.getTime())) return 'NaN';
  if (extra.length === 0 || typeof value === 'string') return undefined;
  const text = textOf(value);
  return extra.includes(text) ? text : undefined;
}
