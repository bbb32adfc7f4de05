import type { RowMean } from './metric.ts';
import { quantile } from './quantile.ts';
import type { Resampler } from './resample.ts';

/** Resamples of a mean over rows: the metric's values, rising, and bounds from their ratios to the standard error. */
export interface StudentisedDraws {
  readonly values: Float64Array;
  readonly low: number;
  readonly high: number;
}

/**
 * Studentised bootstrap of a metric that is a mean over rows (Efron 1981; Hall 1992): quantiles of (mean* − mean) / error*
 * turn the standard error of the sample into bounds.
 *
 * @returns undefined where all rows are equal
 */
export function drawStudentised(
  mean: RowMean,
  resampler: Resampler,
  resamples: number,
  level: number,
): StudentisedDraws | undefined {
  const counts = new Int32Array(mean.rows.length).fill(1);
  const whole = moments(mean, counts);
  if (!(whole.error > 0)) return undefined;
  const values = new Float64Array(resamples);
  const ratios = new Float64Array(resamples);
  let defined = 0;
  for (let i = 0; i < resamples; i++) {
    resampler.draw(counts);
    const drawn = moments(mean, counts);
    values[i] = mean.finish(drawn.mean);
    if (drawn.error > 0) ratios[defined++] = (drawn.mean - whole.mean) / drawn.error;
  }
  if (defined === 0) return undefined;
  const rising = ratios.slice(0, defined).sort();
  const bound = (share: number) => mean.finish(Math.max(0, whole.mean - quantile(rising, share) * whole.error));
  return { values: values.sort(), low: bound((1 + level) / 2), high: bound((1 - level) / 2) };
}

/** Weighted mean and its standard error. */
function moments({ rows, weights }: RowMean, counts: Int32Array): { readonly mean: number; readonly error: number } {
  let total = 0;
  let sum = 0;
  let totalSquares = 0;
  let cross = 0;
  let squares = 0;
  for (let row = 0; row < rows.length; row++) {
    const count = counts[row]!;
    if (count === 0) continue;
    const weight = weights === undefined ? 1 : weights[row]!;
    const value = rows[row]!;
    const once = count * weight;
    const twice = once * weight;
    total += once;
    sum += once * value;
    totalSquares += twice;
    cross += twice * value;
    squares += twice * value * value;
  }
  const mean = sum / total;
  // Σ w²(x − mean)²; what rounding leaves of equal rows is no spread.
  const spread = squares - 2 * mean * cross + mean * mean * totalSquares;
  return { mean, error: spread > 1e-12 * squares ? Math.sqrt(spread) / total : 0 };
}
