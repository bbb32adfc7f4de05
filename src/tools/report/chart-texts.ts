import type { CurveFacts } from './report-facts.ts';
import { formatNumber, formatShare } from './wording.ts';

/** What a curve shows, in a sentence for who can't see it. */
export function curveText(curve: CurveFacts): string {
  switch (curve.kind) {
    case 'roc':
      return `ROC curve. ${curve.lines.map(({ label, points }) => `${label}: ${heightAt(points, 0.1)} of the positives are found where one in ten of the others is flagged`).join('; ')}.`;
    case 'precision-recall':
      return `Precision by recall. ${curve.lines.map(({ label, points }) => `${label}: precision ${heightAt(points, 0.5)} where half of the positives are found`).join('; ')}.`;
    case 'calibration':
      return `Predicted probability against observed share. ${curve.lines.map(({ label, points }) => `${label}: ${points.map(([x, y]) => `${formatNumber(x)} predicted, ${formatNumber(y)} observed`).join(', ')}`).join('; ')}.`;
    case 'confusion':
      return `Confusion matrix. ${curve.labels.map((label, truth) => `True ${label}: ${curve.counts[truth]!.map((count, predicted) => `${count} predicted as ${curve.labels[predicted]}`).join(', ')}`).join('; ')}.`;
    case 'residuals':
      return `Means of neighbouring rows, predicted and true: ${curve.points.map(([x, y]) => `${formatNumber(x)} and ${formatNumber(y)}`).join('; ')}.`;
    case 'residual-spread':
      return `Residuals by predicted value: ${curve.bins.map(({ predicted, low, high }) => `near ${formatNumber(predicted)} nine in ten lie between ${formatNumber(low)} and ${formatNumber(high)}`).join('; ')}.`;
  }
}

/** The last height of a curve at or before a place. */
function heightAt(points: readonly (readonly [number, number])[], x: number): string {
  let height = 0;
  let nearest = Number.POSITIVE_INFINITY;
  for (const [at, y] of points) {
    const distance = Math.abs(at - x);
    if (distance < nearest || (distance === nearest && y > height)) {
      nearest = distance;
      height = y;
    }
  }
  return formatShare(height);
}
