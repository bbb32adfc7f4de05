import type { Random } from '../../core/helpers/random.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { drawBeta, drawGamma } from './distributions.ts';
import { accuracy } from './label-metrics.ts';
import type { Prediction } from './metric.ts';
import { metricOf, metrics } from './metrics.ts';
import type { Resampling } from './resample.ts';

/** Right or wrong labels of a class below which resampling them says too little. */
const fewErrors = 10;

/** Perfect labels or a perfect ranking. */
export function atBorder(id: MetricId, value: number): boolean {
  return (
    Object.hasOwn(metrics, id) &&
    value === 1 &&
    (metricOf(id).needs === 'labels' || id === 'rocAuc' || id === 'averagePrecision')
  );
}

/** Whether a metric of labels of single rows rests on fewer than ten right or wrong labels of some class. */
export function hasFewErrors(
  id: MetricId,
  truth: Float64Array,
  prediction: Prediction,
  resampling: Resampling,
): boolean {
  if (metricOf(id).needs !== 'labels' || resampling.kind !== 'rows') return false;
  const { classCount } = prediction;
  const right = new Float64Array(classCount);
  const wrong = new Float64Array(classCount);
  truth.forEach((k, row) => {
    (prediction.labels![row] === k ? right : wrong)[k]!++;
  });
  return right.some((count, k) => count + wrong[k]! > 0 && Math.min(count, wrong[k]!) < fewErrors);
}

/**
 * Draws of a metric, rising: each class's rate of right labels from Jeffreys' posterior Beta(right + ½, wrong + ½), its errors
 * spread as they were seen (evenly where there was none), the shares of the classes from their own posterior. A perfect
 * ranking: the same of the rarest class, since a pair fails no more often than its rarer member. Groups and blocks
 * count once, as their rows may be right or wrong together.
 */
export function drawPosterior(
  id: MetricId,
  truth: Float64Array,
  { classCount, labels }: Prediction,
  resampling: Resampling,
  resamples: number,
  random: Random,
): Float64Array {
  const sizes = classSizes(truth, classCount, resampling);
  const counts = new Float64Array(classCount * classCount);
  const rows = new Float64Array(classCount);
  truth.forEach((k, row) => {
    counts[k * classCount + (labels?.[row] ?? k)]!++;
    rows[k]!++;
  });
  const rights = sizes.map((size, k) => (rows[k] === 0 ? 0 : (size * counts[k * classCount + k]!) / rows[k]!));
  const { score } = metricOf(id);
  const rarest = Math.min(...sizes.filter((size) => size > 0));
  const all = sizes.reduce((a, b) => a + b, 0);
  const right = rights.reduce((a, b) => a + b, 0);
  const values = new Float64Array(resamples);
  const confusion = new Float64Array(classCount * classCount);
  for (let i = 0; i < resamples; i++) {
    if (score === undefined) {
      values[i] = drawBeta(rarest + 0.5, 0.5, random);
    } else if (score === accuracy) {
      values[i] = drawBeta(right + 0.5, all - right + 0.5, random);
    } else {
      for (let t = 0; t < classCount; t++) {
        const share = sizes[t]! > 0 ? drawGamma(Math.max(0.5, sizes[t]!), random) : 0;
        const rate = drawBeta(rights[t]! + 0.5, sizes[t]! - rights[t]! + 0.5, random);
        const wrong = rows[t]! - counts[t * classCount + t]!;
        for (let p = 0; p < classCount; p++) {
          const spread = wrong > 0 ? counts[t * classCount + p]! / wrong : 1 / (classCount - 1);
          confusion[t * classCount + p] = share * (p === t ? rate : (1 - rate) * spread);
        }
      }
      values[i] = score(confusion, classCount);
    }
  }
  return values.filter(Number.isFinite).sort();
}

/** Units of each class: rows, or groups that have one, or blocks' worth of rows. */
function classSizes(truth: Float64Array, classCount: number, resampling: Resampling): Float64Array {
  const sizes = new Float64Array(classCount);
  if (resampling.kind === 'groups') {
    const seen = new Set<number>();
    truth.forEach((k, row) => {
      const key = resampling.groups[row]! * classCount + k;
      if (!seen.has(key)) sizes[k]!++;
      seen.add(key);
    });
    return sizes;
  }
  const length = resampling.kind === 'blocks' ? resampling.length : 1;
  for (const k of truth) sizes[k]! += 1 / length;
  return sizes;
}
