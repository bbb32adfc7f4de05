import type { DateOrder } from './column-format.ts';

const dayMs = 86_400_000;

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar, in whole numbers only.
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Number of days of a month (1 to 12), 0 for any other. */
export function daysInMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (monthDays[month - 1] ?? 0);
}

/** Milliseconds since 1970 of a date, NaN where there is no such date. */
export function dateMs(year: number, month: number, day: number): number {
  return day < 1 || day > daysInMonth(year, month) ? Number.NaN : daysFromCivil(year, month, day) * dayMs;
}

const names = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const fullNames = 'january february march april may june july august september october november december'.split(' ');
const time =
  '(?:(?:[T ]|, ?)\\s*(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?\\s*([AaPp][Mm])?\\s*(Z|z|UTC|GMT|[+-]\\d{2}(?::?\\d{2})?)?)?$';
const yearFirst = new RegExp(`^(\\d{4})([-/.])(\\d{1,2})(?:\\2(\\d{1,2}))?${time}`);
const yearLast = new RegExp(`^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4}|\\d{2})${time}`);
const dayName = new RegExp(
  `^(?:[A-Za-z]{3,9},? +)?(\\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\\.?,?[ -](\\d{4})${time}`,
);
const nameDay = new RegExp(`^(?:[A-Za-z]{3,9},? +)?([A-Za-z]{3,9})\\.? (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})${time}`);

function monthOf(name: string): number {
  const lower = name.toLowerCase();
  const short = names.indexOf(lower === 'sept' ? 'sep' : lower);
  return (short >= 0 ? short : fullNames.indexOf(lower)) + 1;
}

function timeMs(match: RegExpExecArray, at: number): number {
  const [hourText, minuteText, secondText, fraction, half, zone] = match.slice(at);
  if (hourText === undefined) return 0;
  let hour = Number(hourText);
  const minute = Number(minuteText);
  const second = Number(secondText ?? 0);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const milliseconds = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0').slice(0, 3));
  let offset = 0;
  if (zone !== undefined && (zone[0] === '+' || zone[0] === '-')) {
    const hours = Number(zone.slice(1, 3));
    const minutes = Number(zone.slice(3).replace(':', '') || 0);
    if (hours > 14 || minutes > 59) return Number.NaN;
    offset = (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
  }
  return (hour * 3600 + (minute - offset) * 60 + second) * 1000 + milliseconds;
}

/**
 * Reads a trimmed text as a date with an optional time, in milliseconds since 1970: ISO 8601 (also `2020-01`), the year
 * first or last with `-`, `/` or `.`, and English month names. Without a zone it is UTC. Two-digit years are 1970 to 2069.
 * Fractions of a second are cut to milliseconds.
 *
 * @returns NaN where it is no date in this order.
 */
export function parseDatetime(text: string, order: DateOrder): number {
  if (text.length < 6 || text.length > 48) return Number.NaN;
  const first = text.charCodeAt(0);
  if (first >= 48 && first <= 57) {
    let match = yearFirst.exec(text);
    if (match !== null) {
      if (match[4] === undefined && (match[2] !== '-' || match[5] !== undefined)) return Number.NaN;
      return dateMs(Number(match[1]), Number(match[3]), Number(match[4] ?? 1)) + timeMs(match, 5);
    }
    if (order !== 'ymd') {
      match = yearLast.exec(text);
      if (match !== null) {
        const [one, two] = [Number(match[1]), Number(match[3])];
        const written = Number(match[4]);
        const year = match[4]!.length === 4 ? written : written < 70 ? 2000 + written : 1900 + written;
        return dateMs(year, order === 'dmy' ? two : one, order === 'dmy' ? one : two) + timeMs(match, 5);
      }
    }
  }
  let match = dayName.exec(text);
  if (match !== null) return dateMs(Number(match[3]), monthOf(match[2]!), Number(match[1])) + timeMs(match, 4);
  match = nameDay.exec(text);
  if (match !== null) return dateMs(Number(match[3]), monthOf(match[1]!), Number(match[2])) + timeMs(match, 4);
  return Number.NaN;
}
