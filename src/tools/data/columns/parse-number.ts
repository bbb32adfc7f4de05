import type { DecimalSign } from './column-format.ts';

/** A number taken out of a text, and the unit that stood beside it ('' where none did). */
export interface NumberText {
  readonly value: number;
  readonly unit: string;
}

const currencies = 'USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|KRW|SGD|HKD|RUB|TRY';
const shape = new RegExp(
  `^(\\()?(?:([$€£¥₹₩]|(?:${currencies})(?=[\\s\\d+.-]))\\s*)?([+\\-−])?\\s*([$€£¥₹₩])?\\s*` +
    `(\\d[\\d.,'’\\u00a0\\u202f ]*?|[.,]\\d+)([eE][+-]?\\d{1,3})?\\s*([^\\s\\d.,()+\\-−'’][^\\d()]{0,15})?(\\))?$`,
);
const plain = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const groups: Readonly<Record<DecimalSign, RegExp>> = {
  '.': /^(?:[1-9]\d{0,2}(?:([,'’\u00a0\u202f ])\d{3})(?:\1\d{3})*|0|[1-9]\d*)?(?:\.\d*)?$/,
  ',': /^(?:[1-9]\d{0,2}(?:([.'’\u00a0\u202f ])\d{3})(?:\1\d{3})*|0|[1-9]\d*)?(?:,\d*)?$/,
};

/** Whether a trimmed text is a number as programs print it: no separators, no unit, no leading zeros. */
export const isPlainNumber = (text: string): boolean => plain.test(text);

/** Whether a trimmed text is digits that begin with a superfluous zero: a postal code or an id, not a number. */
export const isZeroCode = (text: string): boolean => /^0\d+$/.test(text);

/**
 * Reads a trimmed text as a number with thousands separators, a sign, a currency before or after it, a percent sign or
 * a unit after it, or accountant's brackets for negatives. Digits are rounded correctly, as by `Number`.
 *
 * @returns undefined where the text is no finite number, or has leading zeros ("01234" is a code).
 */
export function parseNumberText(text: string, decimal: DecimalSign): NumberText | undefined {
  if (text.length > 64) return undefined;
  if (decimal === '.' && plain.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? { value, unit: '' } : undefined;
  }
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, open, before, sign, inner, body, exponent, after, close] = match;
  if ((open === undefined) !== (close === undefined) || (open !== undefined && sign !== undefined)) return undefined;
  const units = [before, inner, after?.trim()].filter((unit) => unit !== undefined && unit !== '');
  if (units.length > 1) return undefined;
  const digits = body!.trimEnd();
  if (!groups[decimal].test(digits) || !/\d/.test(digits)) return undefined;
  const cleaned = (decimal === ',' ? digits.replace(/\./g, '').replace(',', '.') : digits.replace(/,/g, '')).replace(
    /['’\u00a0\u202f ]/g,
    '',
  );
  const size = Number(cleaned + (exponent ?? ''));
  if (!Number.isFinite(size)) return undefined;
  const isNegative = open !== undefined || sign === '-' || sign === '−';
  return { value: isNegative ? -size : size, unit: units[0] ?? '' };
}

/** Reads a trimmed text by a column's decimal sign and unit; NaN where it is no value of the column. */
export function parseNumber(text: string, decimal: DecimalSign, unit: string): number {
  const parsed = parseNumberText(text, decimal);
  return parsed === undefined || parsed.unit !== unit ? Number.NaN : parsed.value;
}
