import { dateMs } from '../columns/parse-datetime.ts';

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
  const year = pair(b, a) * 100 + pair(b, a + 2);
  let value = dateMs(year, pair(b, a + 5), pair(b, a + 8));
  if (length === 10) return value;
  const separator = b[a + 10];
  if (length < 16 || (separator !== 84 && separator !== 32) || b[a + 13] !== 58) return Number.NaN;
  const hour = pair(b, a + 11);
  const minute = pair(b, a + 14);
  if (hour > 23 || minute > 59) return Number.NaN;
  value += hour * 3_600_000 + minute * 60_000;
  let p = a + 16;
  if (p < z && b[p] === 58) {
    const second = p + 3 <= z ? pair(b, p + 1) : Number.NaN;
    if (!(second <= 59)) return Number.NaN;
    value += second * 1000;
    p += 3;
    if (p + 4 <= z && b[p] === POINT) {
      const tens = pair(b, p + 1);
      const unit = b[p + 3]! - 48;
      if (unit < 0 || unit > 9) return Number.NaN;
      value += tens * 10 + unit;
      p += 4;
    }
  }
  if (p < z && b[p] === 90) p++;
  return p === z ? value : Number.NaN;
}

/** Two digits as a number; NaN where they are none. */
function pair(b: Uint8Array, at: number): number {
  const tens = b[at]! - 48;
  const ones = b[at + 1]! - 48;
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : Number.NaN;
}

/** 32 well-mixed bits of a byte position, for samples that do not depend on threads (MurmurHash3's finaliser). */
export function mixPosition(position: number): number {
  let hash = (position | 0) ^ Math.imul((position / 4294967296) | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
