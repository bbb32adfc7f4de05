import type { ColumnFormat } from './column-format.ts';
import { isMissing } from './missing.ts';
import { parseBoolean } from './parse-boolean.ts';
import { parseDatetime } from './parse-datetime.ts';
import { parseNumber } from './parse-number.ts';

/**
 * Reads one text by a column's format; the same function for training and for serving.
 *
 * @returns a number (booleans 0 or 1, datetimes in milliseconds since 1970), a string for categories and text, `null`
 * where the text is a spelling of missing, `undefined` where it is no value of the column.
 */
export function parseText(text: string, format: ColumnFormat): number | string | null | undefined {
  const trimmed = text.trim();
  if (isMissing(trimmed, format.missing)) return null;
  switch (format.kind) {
    case 'category':
      return trimmed;
    case 'text':
      return text;
    case 'number':
      return orUndefined(parseNumber(trimmed, format.decimal, format.unit ?? ''));
    case 'datetime':
      return orUndefined(parseDatetime(trimmed, format.order));
    case 'boolean':
      return orUndefined(parseBoolean(trimmed, format.labels));
  }
}

const orUndefined = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

/**
 * Reads one value of a record (as JSON or JavaScript has it) by a column's format.
 *
 * Numbers, booleans and dates of the matching kind are taken as they are; everything else goes through its text.
 * @returns as {@link parseText}; `null` also for null, undefined and NaN, `undefined` also for infinite numbers.
 */
export function parseValue(value: unknown, format: ColumnFormat): number | string | null | undefined {
  if (value === null || value === undefined) return null;
  if (format.missing !== undefined && typeof value !== 'string' && format.missing.includes(textOf(value))) return null;
  switch (typeof value) {
    case 'string':
      return parseText(value, format);
    case 'number':
      if (Number.isNaN(value)) return null;
      if (!Number.isFinite(value)) return undefined;
      if (format.kind === 'number') return value;
      if (format.kind === 'datetime') return Math.floor(value);
      if (format.kind === 'boolean' && (value === 0 || value === 1)) return value;
      return parseText(String(value), format);
    case 'boolean':
      if (format.kind === 'boolean' || format.kind === 'number') return value ? 1 : 0;
      return parseText(String(value), format);
    case 'bigint':
      return format.kind === 'number' ? Number(value) : parseText(String(value), format);
    default:
      if (value instanceof Date) {
        const time = value.getTime();
        if (Number.isNaN(time)) return null;
        return format.kind === 'datetime' ? time : parseText(value.toISOString(), format);
      }
      return format.kind === 'text' || format.kind === 'category' ? textOf(value) : undefined;
  }
}

/** The text of a value that is no text: JSON for objects and arrays. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  if (value !== null && typeof value === 'object') {
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? '';
  }
  return value === null || value === undefined ? '' : String(value);
}
