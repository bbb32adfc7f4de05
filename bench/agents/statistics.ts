import { createRandom } from '../../src/core/helpers/random.ts';
import { betaCdf } from '../../src/tools/evaluate/distributions.ts';
import { mcnemar } from '../../src/tools/evaluate/paired-tests.ts';

/** A mean difference of pairs with its 95 % percentile bootstrap interval over pairs. */
export function pairedBootstrap(differences: readonly number[], resamples = 10_000) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const random = createRandom('single-or-multi');
  const means = Array.from({ length: resamples }, () =>
    mean(differences.map(() => differences[Math.floor(random.next() * differences.length)]!)),
  ).sort((a, b) => a - b);
  return {
    mean: mean(differences),
    low: means[Math.floor(resamples * 0.025)]!,
    high: means[Math.ceil(resamples * 0.975) - 1]!,
  };
}

/** The exact two-sided sign test: how likely so uneven a split of pairs is, were neither better. Ties are left out. */
export function signTest(differences: readonly number[]) {
  const better = differences.filter((difference) => difference > 0).length;
  const worse = differences.filter((difference) => difference < 0).length;
  const few = Math.min(better, worse);
  const tail = better + worse === 0 ? 1 : betaCdf(0.5, better + worse - few, few + 1);
  return { better, worse, pValue: Math.min(1, 2 * tail) };
}

/** McNemar's exact test of two outcomes that either happened or not. */
export function pairedOutcomes(first: readonly boolean[], second: readonly boolean[]) {
  const numbers = (values: readonly boolean[]) => Int32Array.from(values, Number);
  return mcnemar(new Float64Array(first.length).fill(1), numbers(first), numbers(second));
}
