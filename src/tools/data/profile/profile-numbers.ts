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
  const edges = quantiles(values, levels);
  const [low, high] = [edges[0]!, edges[edges.length - 1]!];
  const histogram = new Uint32Array(bins);
  const scale = high > low ? bins / (high - low) : 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const deviation = value - mean;
    squares += deviation * deviation;
    const bin = (value - low) * scale;
    histogram[bin > 0 ? (bin < bins ? bin | 0 : bins - 1) : 0]!++;
  }
  const variance = values.length > 1 ? squares / (values.length - 1) : 0;
  // JSON has no infinity: squares of values beyond 1e154 do not fit a double.
  const deviation = Number.isFinite(variance) ? Math.sqrt(variance) : Number.MAX_VALUE;
  const measured = { quantiles: edges, histogram: Array.from(histogram) };
  return { min, max, mean, deviation, integers, zeros, negatives, ...measured };
}

/** The mean where the sum overflows. */
function meanOfLarge(values: Float64Array): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i]! / values.length;
  return mean;
}

/** Distinct values, and their counts where there are few. */
export interface DistinctValues {
  readonly distinct: number;
  readonly distinctExact: boolean;
  readonly top?: readonly { readonly value: string; readonly count: number }[];
}

/** Counts distinct values: integers of a narrow range by counting each, others by hashing. */
export function countDistinct(values: Float64Array, numeric: ColumnProfile['numeric']): DistinctValues {
  if (numeric === undefined) return { distinct: 0, distinctExact: true, top: [] };
  const range = numeric.max - numeric.min + 1;
  if (numeric.integers && range <= Math.max(1 << 16, Math.min(values.length * 4, 1 << 22))) {
    return countIntegers(values, numeric.min, range);
  }
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length && counts.size <= maxCounted; i++) {
    counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  }
  if (counts.size <= maxCounted) {
    return { distinct: counts.size, distinctExact: true, top: byFallingCount(counts, String) };
  }
  const counter = new DistinctCounter();
  counter.addNumbers(values);
  return { distinct: counter.count, distinctExact: counter.isExact };
}

function countIntegers(values: Float64Array, min: number, range: number): DistinctValues {
  const counted = new Uint32Array(range);
  for (let i = 0; i < values.length; i++) counted[values[i]! - min]!++;
  let distinct = 0;
  for (let i = 0; i < range; i++) if (counted[i]! > 0) distinct++;
  if (distinct > maxCounted) return { distinct, distinctExact: true };
  const counts = new Map<number, number>();
  for (let i = 0; i < range; i++) if (counted[i]! > 0) counts.set(min + i, counted[i]!);
  return { distinct, distinctExact: true, top: byFallingCount(counts, String) };
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
