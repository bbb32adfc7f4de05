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
