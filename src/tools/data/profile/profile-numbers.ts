import { isValid } from '../columns/bitmap.ts';
import { DistinctCounter } from './distinct-counter.ts';
import { quantiles } from './order-statistics.ts';
import type { ColumnProfile } from './profile.ts';

const levels = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const bins = 20;
const maxCounted = 50;

/** The values of a column that are there, one after another. */
export function presentValues(
  values: Float64Array | Uint8Array,
  validity: Uint8Array | undefined,
  rowCount: number,
): Float64Array {
  if (validity === undefined && values instanceof Float64Array) return values.subarray(0, rowCount);
  const present = new Float64Array(rowCount);
  let count = 0;
  for (let row = 0; row < rowCount; row++) if (isValid(validity, row)) present[count++] = values[row]!;
  return present.subarray(0, count);
}

/** Moments, quantiles and histogram; undefined where there is no value. */
export function summarise(values: Float64Array): NonNullable<ColumnProfile['numeric']> | undefined {
  if (values.length === 0) return undefined;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [sum, zeros, negatives] = [0, 0, 0];
  let integers = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    if (value === 0) zeros++;
    else if (value < 0) negatives++;
    if (integers && Math.floor(value) !== value) integers = false;
  }
  const isSummable = Number.isFinite(sum);
  const mean = isSummable ? sum / values.length : meanOfLarge(values);
  const histogram = new Array<number>(bins).fill(0);
  const scale = max > min ? bins / (max - min) : 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const deviation = value - mean;
    squares += deviation * deviation;
    const bin = ((value - min) * scale) | 0;
    histogram[bin < bins ? bin : bins - 1]!++;
  }
  const variance = values.length > 1 ? squares / (values.length - 1) : 0;
  // JSON has no infinity: squares of values beyond 1e154 do not fit a double.
  const deviation = Number.isFinite(variance) ? Math.sqrt(variance) : Number.MAX_VALUE;
  return { min, max, mean, deviation, quantiles: quantiles(values, levels), integers, zeros, negatives, histogram };
}

/** The mean where the sum overflows. */
function meanOfLarge(values: Float64Array): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length;
  return mean;
}

/** Distinct values, and their counts where there are few. */
export function countDistinct(values: Float64Array): {
  readonly distinct: number;
  readonly distinctExact: boolean;
  readonly top?: readonly { readonly value: string; readonly count: number }[];
} {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length && counts.size <= maxCounted; i++) {
    counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  }
  if (counts.size <= maxCounted) {
    return { distinct: counts.size, distinctExact: true, top: byFallingCount(counts, String) };
  }
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const counter = new DistinctCounter();
  for (let i = 0; i < values.length; i++) {
    // Minus zero is the same value as zero, but not the same bits.
    if (values[i] === 0) counter.add(0, 0);
    else counter.add(words[i * 2]!, words[i * 2 + 1]!);
  }
  return { distinct: counter.count, distinctExact: counter.isExact };
}

/** The 1,000 most frequent values; equal counts in the order of the values' texts. */
export function byFallingCount<T>(counts: ReadonlyMap<T, number>, print: (value: T) => string) {
  return [...counts]
    .map(([value, count]) => ({ value: print(value), count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, 1000);
}

/** Whether integers that are (almost) all distinct look like numbered rows: rising or falling, dense, or long codes. */
export function isNumbering(values: Float64Array, distinct: number, integers: boolean): boolean {
  if (!integers || values.length < 10 || distinct < values.length * 0.95) return false;
  let [rises, falls, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (i > 0 && value > values[i - 1]!) rises++;
    if (i > 0 && value < values[i - 1]!) falls++;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const steps = values.length - 1;
  return rises === steps || falls === steps || max - min < values.length * 4 || min >= 1e8;
}
