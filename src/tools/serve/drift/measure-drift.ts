import { normalCdf } from '../../evaluate/distributions.ts';
import { jensenShannonDistance, populationStabilityIndex, stabilityByChance, sumOf } from './distribution-shift.ts';
import type { Histogram } from './reference.ts';

/** What a window of records can be found to differ in. */
export type DriftReason = 'distribution' | 'missing' | 'unseen';

/** A share in training (where that was of one to nine rows, of nine) and in a window. */
export interface RatePair {
  readonly training: number;
  readonly window: number;
}

/** How far a column, or the predictions, of a window are from training. */
export interface DriftMeasure {
  /** Population stability index, with missing and unknown values as bins of their own. */
  readonly psi: number;
  /** What it has to reach: the usual limit, or what chance alone reaches in a window of this size. */
  readonly psiLimit: number;
  /** Jensen-Shannon distance: 0 alike, 0.83 nothing in common. */
  readonly jensenShannon: number;
  readonly missing: RatePair;
  /** Values that the model does not know; categories alone. */
  readonly unseen?: RatePair;
  /** What is beyond its limit in this window. */
  readonly exceeds: readonly DriftReason[];
}

/** From where on a difference counts. */
export interface DriftLimits {
  /** Stability index of a column that counts, if chance does not reach it. @default 0.1 */
  readonly psi: number;
  /** By how much the share of missing or unknown values must have grown. @default 0.05 */
  readonly rate: number;
  /** Probability that a window in which nothing has changed exceeds any limit. @default 0.001 */
  readonly falseAlarms: number;
}

/** The limits unless the host sets others. */
export const defaultDriftLimits: DriftLimits = { psi: 0.1, rate: 0.05, falseAlarms: 0.001 };

/** How to look at a column: what of it may raise an alarm, and how many tests share the probability of a false one. */
export interface MeasureOptions {
  readonly limits: DriftLimits;
  readonly tests: number;
  /** Dates move on by themselves. */
  readonly mayMove: boolean;
}

/** Rows that −1 stands for at most. */
const hidden = 9;

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Compares the counts of a window with those of training. */
export function measureDrift(
  reference: Pick<Histogram, 'kind' | 'counts'>,
  window: ArrayLike<number>,
  { limits, tests, mayMove }: MeasureOptions,
): DriftMeasure {
  const { kind, counts } = reference;
  const m = sumOf(window);
  const n = counts.reduce((sum, count) => sum + Math.max(0, count), 0);
  // Of one to nine rows that were not told, as many as fit the window best: what is not known raises no alarm.
  const before = counts.map((count, i) => (count >= 0 ? count : clamp(Math.round((n * window[i]!) / m), 1, hidden)));
  const places = before.flatMap((count, i) => (count > 0 || window[i]! > 0 ? [i] : []));
  const [expected, actual] = [places.map((i) => before[i]!), places.map((i) => window[i]!)];
  const level = limits.falseAlarms / tests;
  const psi = populationStabilityIndex(expected, actual);
  const psiLimit = Math.max(limits.psi, stabilityByChance(places.length, n, m, level));
  const last = counts.length - 1;
  const most = (i: number): number => (counts[i]! < 0 ? hidden : counts[i]!);
  const rate = (i: number): RatePair => ({ training: most(i) / n, window: window[i]! / m });
  const hasGrown = (i: number): boolean => {
    const growth = window[i]! / m - most(i) / n;
    if (growth < limits.rate) return false;
    const pooled = Math.min(1, (most(i) + window[i]!) / (n + m));
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
    return error === 0 || normalCdf(-growth / error) < level;
  };
  const exceeds: DriftReason[] = [];
  if (!mayMove && psi >= psiLimit) exceeds.push('distribution');
  if (hasGrown(last)) exceeds.push('missing');
  if (kind === 'values' && hasGrown(last - 1)) exceeds.push('unseen');
  return {
    psi,
    psiLimit,
    jensenShannon: jensenShannonDistance(expected, actual),
    missing: rate(last),
    ...(kind === 'values' ? { unseen: rate(last - 1) } : {}),
    exceeds,
  };
}
