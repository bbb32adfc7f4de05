import { quantile } from '../prepare/signature-inputs.ts';
import type { CheckResult } from './check-result.ts';

/** Reports a rare class: under a tenth warns, under a hundredth is severe. */
export function checkImbalance(classes: Float64Array, classCount: number): CheckResult[] {
  const counts = new Float64Array(classCount);
  for (const label of classes) counts[label]!++;
  const smallest = Math.min(...counts);
  const minorityShare = smallest / classes.length;
  // With many classes each is small; then a class is rare that has a tenth of its even share.
  const limit = Math.min(0.1, 0.2 / classCount);
  if (minorityShare >= limit) return [];
  const severity = minorityShare >= limit / 10 ? 'warning' : 'severe';
  return [{ code: 'IMBALANCE', severity, evidence: { minorityShare, minorityRows: smallest, classes: classCount } }];
}

/** Counts values beyond three interquartile ranges from the quartiles (Tukey's far out values). */
export function checkOutliers(values: Float64Array): CheckResult[] {
  const sorted = values.slice().sort();
  const low = quantile(sorted, 0.25);
  const high = quantile(sorted, 0.75);
  const range = high - low;
  if (range === 0) return [];
  const rows = values.filter((value) => value < low - 3 * range || value > high + 3 * range).length;
  if (rows === 0) return [];
  const share = rows / values.length;
  const far = Math.max(sorted.at(-1)! - high, low - sorted[0]!) / range;
  return [
    {
      code: 'TARGET_OUTLIERS',
      severity: far > 100 ? 'warning' : 'info',
      evidence: { rows, share, farthestInRanges: far },
    },
  ];
}
