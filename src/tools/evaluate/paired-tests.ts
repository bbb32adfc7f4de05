import { betaCdf, normalCdf } from './distributions.ts';

/** A test of two models on the same rows: how likely a difference as great as this is, were there none. */
export type PairedTest =
  | {
      readonly name: 'mcnemar';
      /** Rows that only the first, and only the second, labels right. */
      readonly onlyFirst: number;
      readonly onlySecond: number;
      /** Two-sided. */
      readonly pValue: number;
    }
  | {
      readonly name: 'wilcoxon';
      /** Rows on which the first, and the second, is nearer to the truth. */
      readonly firstNearer: number;
      readonly secondNearer: number;
      /** Two-sided. */
      readonly pValue: number;
    };

/**
 * McNemar's exact test of labels: rows on which exactly one of two models is right fall to either side like coins.
 *
 * McNemar, "Note on the sampling error of the difference between correlated proportions", 1947; the exact binomial form as
 * in statsmodels' `mcnemar(exact=True)`.
 */
export function mcnemar(truth: Float64Array, first: Int32Array, second: Int32Array): PairedTest {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let row = 0; row < truth.length; row++) {
    const [a, b] = [first[row] === truth[row], second[row] === truth[row]];
    if (a && !b) onlyFirst++;
    if (b && !a) onlySecond++;
  }
  const few = Math.min(onlyFirst, onlySecond);
  const discordant = onlyFirst + onlySecond;
  // P(X ≤ k) of n fair coins, as an incomplete beta function; where both are equal the two tails overlap.
  const tail = discordant === 0 ? 1 : betaCdf(0.5, discordant - few, few + 1);
  return { name: 'mcnemar', onlyFirst, onlySecond, pValue: Math.min(1, 2 * tail) };
}

/**
 * Wilcoxon's signed-rank test of absolute errors, in its normal approximation with the correction for ties; rows on which
 * both err alike are left out.
 *
 * Wilcoxon, "Individual comparisons by ranking methods", 1945; as scipy's `wilcoxon(method='asymptotic')`.
 */
export function wilcoxon(truth: Float64Array, first: Float64Array, second: Float64Array): PairedTest {
  const differences: number[] = [];
  for (let row = 0; row < truth.length; row++) {
    const difference = Math.abs(first[row]! - truth[row]!) - Math.abs(second[row]! - truth[row]!);
    if (difference !== 0) differences.push(difference);
  }
  const count = differences.length;
  const secondNearer = differences.filter((difference) => difference > 0).length;
  const told = { name: 'wilcoxon', firstNearer: count - secondNearer, secondNearer } as const;
  if (count === 0) return { ...told, pValue: 1 };
  differences.sort((a, b) => Math.abs(a) - Math.abs(b));
  let positive = 0;
  let ties = 0;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && Math.abs(differences[to]!) === Math.abs(differences[from]!)) to++;
    const rank = (from + 1 + to) / 2;
    const size = to - from;
    ties += size * size * size - size;
    for (let i = from; i < to; i++) if (differences[i]! > 0) positive += rank;
    from = to;
  }
  const mean = (count * (count + 1)) / 4;
  const deviation = Math.sqrt((count * (count + 1) * (2 * count + 1) - ties / 2) / 24);
  return { ...told, pValue: deviation === 0 ? 1 : Math.min(1, 2 * normalCdf(-Math.abs(positive - mean) / deviation)) };
}
