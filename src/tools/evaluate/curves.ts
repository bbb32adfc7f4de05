import { rankScores } from './rank-metrics.ts';

/** A point of a curve. */
export type Point = readonly [x: number, y: number];

/** Most points of a curve in a report; the ends always among them. */
const mostPoints = 200;

/** ROC and precision–recall curves of one class against the rest. */
export interface ThresholdCurves {
  /** (false positive rate, true positive rate), from (0, 0) to (1, 1). */
  readonly roc: readonly Point[];
  /** (recall, precision) by falling threshold. */
  readonly precisionRecall: readonly Point[];
  /** Share of positives: the precision of guessing. */
  readonly prevalence: number;
}

/** Curves of probabilities of one class; undefined where only one side occurs. @param positives 1 where the class is true */
export function thresholdCurves(positives: Uint8Array, scores: Float64Array): ThresholdCurves | undefined {
  let positiveCount = 0;
  for (const positive of positives) positiveCount += positive;
  const negativeCount = positives.length - positiveCount;
  if (positiveCount === 0 || negativeCount === 0) return undefined;
  const { order, ends } = rankScores(scores);
  const roc: Point[] = [[0, 0]];
  const precisionRecall: Point[] = [];
  let right = 0;
  order.forEach((row, rank) => {
    right += positives[row]!;
    if (ends[rank] === 0) return;
    roc.push([(rank + 1 - right) / negativeCount, right / positiveCount]);
    precisionRecall.push([right / positiveCount, right / (rank + 1)]);
  });
  return { roc: thin(roc), precisionRecall: thin(precisionRecall), prevalence: positiveCount / positives.length };
}

function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= mostPoints) return points;
  return Array.from(
    { length: mostPoints },
    (_, i) => points[Math.round((i * (points.length - 1)) / (mostPoints - 1))]!,
  );
}

/** One bin of a calibration curve. */
export interface CalibrationBin {
  readonly rows: number;
  readonly predicted: number;
  readonly observed: number;
}

/** How far probabilities are from shares. */
export interface CalibrationCurve {
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error: mean distance of predicted and observed, by rows. */
  readonly expectedError: number;
}

/** Calibration in bins of equally many rows (10 by default; equal probabilities stay in one bin). */
export function calibrationCurve(positives: Uint8Array, probabilities: Float64Array, binCount = 10): CalibrationCurve {
  const { order, ends } = rankScores(probabilities);
  const bins: CalibrationBin[] = [];
  let start = 0;
  let predicted = 0;
  let observed = 0;
  let expectedError = 0;
  order.forEach((row, rank) => {
    predicted += probabilities[row]!;
    observed += positives[row]!;
    const full = rank + 1 >= ((bins.length + 1) * order.length) / binCount;
    if (ends[rank] === 0 || (!full && rank + 1 < order.length)) return;
    const rows = rank + 1 - start;
    bins.push({ rows, predicted: predicted / rows, observed: observed / rows });
    expectedError += Math.abs(predicted - observed) / order.length;
    start = rank + 1;
    predicted = 0;
    observed = 0;
  });
  return { bins: bins.reverse(), expectedError };
}

/** Expected calibration error of the most probable class (multiclass; Guo et al. 2017), in bins of equally many rows. */
export function topLabelCalibration(
  truth: Float64Array,
  probabilities: Float64Array,
  classCount: number,
): CalibrationCurve {
  const top = new Float64Array(truth.length);
  const right = new Uint8Array(truth.length);
  for (let row = 0; row < truth.length; row++) {
    let best = 0;
    for (let k = 1; k < classCount; k++) {
      if (probabilities[row * classCount + k]! > probabilities[row * classCount + best]!) best = k;
    }
    top[row] = probabilities[row * classCount + best]!;
    right[row] = best === truth[row] ? 1 : 0;
  }
  return calibrationCurve(right, top);
}

/** Counts [truth][predicted]. */
export function confusionMatrix(
  truth: Float64Array,
  labels: Int32Array,
  classCount: number,
): readonly (readonly number[])[] {
  const counts = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (let row = 0; row < truth.length; row++) counts[truth[row]!]![labels[row]!]!++;
  return counts;
}

/** Residuals (truth − predicted) in short. */
export interface ResidualSummary {
  readonly mean: number;
  /** At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99. */
  readonly quantiles: readonly number[];
  /** Ten bins of equally many rows by predicted value: means of predicted and truth, and the residuals' 5 % and 95 %. */
  readonly byPredicted: readonly {
    readonly rows: number;
    readonly predicted: number;
    readonly truth: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** Summary of a regression's residuals; means and quantiles only, no single row. */
export function residualSummary(truth: Float64Array, predicted: Float64Array): ResidualSummary {
  const residuals = truth.map((y, row) => y - predicted[row]!);
  const sorted = residuals.slice().sort();
  const { order } = rankScores(predicted.map((value) => -value));
  const binCount = Math.min(10, Math.max(1, Math.floor(truth.length / 10)));
  const byPredicted = Array.from({ length: binCount }, (_, bin) => {
    const rows = order.slice(
      Math.floor((bin * order.length) / binCount),
      Math.floor(((bin + 1) * order.length) / binCount),
    );
    const its = Float64Array.from(rows, (row) => residuals[row]!).sort();
    return {
      rows: rows.length,
      predicted: average(Float64Array.from(rows, (row) => predicted[row]!)),
      truth: average(Float64Array.from(rows, (row) => truth[row]!)),
      low: quantile(its, 0.05),
      high: quantile(its, 0.95),
    };
  });
  return {
    mean: average(residuals),
    quantiles: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].map((share) => quantile(sorted, share)),
    byPredicted,
  };
}

function average(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return 0;
  const position = share * (sorted.length - 1);
  const index = Math.floor(position);
  return sorted[index]! + (position - index) * (sorted[Math.min(sorted.length - 1, index + 1)]! - sorted[index]!);
}
