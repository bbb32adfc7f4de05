import { normalQuantile } from '../../evaluate/distributions.ts';

/** Counts as shares; half an observation is added to each bin, so that none is empty. */
function shares(counts: ArrayLike<number>): Float64Array {
  let total = counts.length / 2;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return Float64Array.from({ length: counts.length }, (_, i) => (counts[i]! + 0.5) / total);
}

/**
 * Population stability index of two histograms of the same bins: Σ (q − p) ln(q / p), 0 where they are alike. Shares are
 * smoothed by half an observation a bin. By chance alone it is about (bins − 1) (1/n + 1/m).
 *
 * Yurdakul (2018), Statistical properties of population stability index.
 */
export function populationStabilityIndex(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  const p = shares(expected);
  const q = shares(actual);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += (q[i]! - p[i]!) * Math.log(q[i]! / p[i]!);
  return sum;
}

/**
 * Jensen-Shannon distance of two histograms of the same bins, in natural units: 0 where they are alike, √ln 2 ≈ 0.83 where
 * they share no bin. Nothing is smoothed. As `scipy.spatial.distance.jensenshannon`.
 *
 * Lin (1991), Divergence measures based on the Shannon entropy.
 */
export function jensenShannonDistance(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  const [n, m] = [sumOf(expected), sumOf(actual)];
  let sum = 0;
  for (let i = 0; i < expected.length; i++) {
    const p = expected[i]! / n;
    const q = actual[i]! / m;
    const middle = (p + q) / 2;
    if (p > 0) sum += p * Math.log(p / middle);
    if (q > 0) sum += q * Math.log(q / middle);
  }
  return Math.sqrt(Math.max(0, sum / 2));
}

/** Sum of counts. */
export function sumOf(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

/**
 * What the stability index of two samples of one distribution exceeds with a given probability: (1/n + 1/m) times the
 * quantile of chi-square of bins − 1 degrees of freedom (Yurdakul 2018), by Wilson and Hilferty's cube (1931).
 */
export function stabilityByChance(bins: number, n: number, m: number, probability: number): number {
  const degrees = Math.max(1, bins - 1);
  const spread = 2 / (9 * degrees);
  const root = Math.max(0, 1 - spread + normalQuantile(1 - probability) * Math.sqrt(spread));
  return (1 / n + 1 / m) * degrees * root * root * root;
}
