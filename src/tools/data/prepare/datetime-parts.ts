import type { DatetimePart } from './preparation.ts';

/** Milliseconds of a day. */
export const dayMs = 86_400_000;

/** All parts, in the order in which features are made. */
export const datetimeParts: readonly DatetimePart[] = ['year', 'month', 'day', 'weekday', 'hour', 'days'];

/**
 * One part of a time in milliseconds since 1970 (UTC, proleptic Gregorian): month 1–12, day 1–31, weekday 1 (Monday) – 7,
 * hour 0–23, `days` since 1970 as a fraction. Whole-number arithmetic, so that the graph computes the same.
 *
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (`civil_from_days`).
 */
export function datetimePart(ms: number, part: DatetimePart): number {
  if (part === 'days') return ms / dayMs;
  const day = Math.floor(ms / dayMs);
  if (part === 'hour') return Math.floor((ms - day * dayMs) / 3_600_000);
  if (part === 'weekday') return modulo(day + 3, 7) + 1;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  if (part === 'day') return dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  if (part === 'month') return month;
  return yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
}

function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}
