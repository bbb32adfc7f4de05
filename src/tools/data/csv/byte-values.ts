import { daysInMonth } from '../columns/parse-datetime.ts';

const MINUS = 45;
const POINT = 46;

/** ASCII text, trimmed; undefined where a byte is none. */
export function asciiText(buffer: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  for (let i = start; i < end; i++) {
    if (buffer[i]! > 127) return undefined;
    text += String.fromCharCode(buffer[i]!);
  }
  return text.trim();
}

/** `YYYY-MM-DD`, with `[T ]hh:mm`, `:ss`, `.fff` and `Z` where they are there, straight from bytes; else NaN. */
export function isoDatetime(b: Uint8Array, a: number, z: number): number {
  const length = z - a;
  if (length < 10 || b[a + 4] !== MINUS || b[a + 7] !== MINUS) return Number.NaN;
  const century = pair(b, a);
  const years = pair(b, a + 2);
  const month = pair(b, a + 5);
  const day = pair(b, a + 8);
  if (century < 1 || years < 0 || month < 1 || month > 12 || day < 1) return Number.NaN;
  if (day > 28 && day > daysInMonth(century * 100 + years, month)) return Number.NaN;
  let value = daysFromYear100(century * 100 + years, month, day) * 86_400_000;
  if (length === 10) return value;
  const separator = b[a + 10];
  if (length < 16 || (separator !== 84 && separator !== 32) || b[a + 13] !== 58) return Number.NaN;
  const hour = pair(b, a + 11);
  const minute = pair(b, a + 14);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  value += hour * 3_600_000 + minute * 60_000;
  let p = a + 16;
  if (p < z && b[p] === 58) {
    const second = p + 3 <= z ? pair(b, p + 1) : -1;
    if (second < 0 || second > 59) return Number.NaN;
    value += second * 1000;
    p += 3;
    if (p + 4 <= z && b[p] === POINT) {
      const tens = pair(b, p + 1);
      const unit = b[p + 3]! - 48;
      if (tens < 0 || unit < 0 || unit > 9) return Number.NaN;
      value += tens * 10 + unit;
      p += 4;
    }
  }
  if (p < z && b[p] === 90) p++;
  return p === z ? value : Number.NaN;
}

/** `daysFromCivil` in 32-bit integers, for years from 100 to 9999. */
function daysFromYear100(year: number, month: number, day: number): number {
  const y = month <= 2 ? (year - 1) | 0 : year;
  const era = (y / 400) | 0;
  const yearOfEra = (y - era * 400) | 0;
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1;
  const dayOfEra = (yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear) | 0;
  return (era * 146097 + dayOfEra - 719468) | 0;
}

/** Two digits as a number; −1 where they are none. */
function pair(b: Uint8Array, at: number): number {
  const tens = b[at]! - 48;
  const ones = b[at + 1]! - 48;
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : -1;
}

/** 32 well-mixed bits of a byte position, for samples that do not depend on threads (MurmurHash3's finaliser). */
export function mixPosition(position: number): number {
  let hash = (position | 0) ^ Math.imul((position / 4294967296) | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
