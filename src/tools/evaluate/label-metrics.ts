import type { Confusion, ConfusionScore, Evaluator, Prediction } from './metric.ts';

export type { ConfusionScore };

/** Makes an evaluator of a score that needs the confusion matrix alone. */
export function confusionMetric(score: ConfusionScore) {
  return (truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator => {
    const { classCount } = prediction;
    const labels = prediction.labels!;
    const cells = Int32Array.from(labels, (label, row) => truth[row]! * classCount + label);
    const confusion = new Float64Array(classCount * classCount);
    return (counts) => {
      confusion.fill(0);
      for (let row = 0; row < cells.length; row++) {
        const count = counts === undefined ? 1 : counts[row]!;
        confusion[cells[row]!]! += weights === undefined ? count : weights[row]! * count;
      }
      return score(confusion, classCount);
    };
  };
}

/** Row sums (truth), column sums (predicted), diagonal and total. */
function sums(confusion: Confusion, classCount: number) {
  const truths = new Float64Array(classCount);
  const predicted = new Float64Array(classCount);
  const right = new Float64Array(classCount);
  let total = 0;
  for (let t = 0; t < classCount; t++) {
    right[t] = confusion[t * classCount + t]!;
    for (let p = 0; p < classCount; p++) {
      const value = confusion[t * classCount + p]!;
      truths[t]! += value;
      predicted[p]! += value;
      total += value;
    }
  }
  return { truths, predicted, right, total };
}

/** Mean over the classes where `score` is a number; NaN where it is for none. */
function meanOver(classCount: number, score: (k: number) => number): number {
  let sum = 0;
  let defined = 0;
  for (let k = 0; k < classCount; k++) {
    const value = score(k);
    if (Number.isNaN(value)) continue;
    sum += value;
    defined++;
  }
  return defined === 0 ? Number.NaN : sum / defined;
}

/** Share of right labels. */
export const accuracy: ConfusionScore = (confusion, classCount) => {
  const { right, total } = sums(confusion, classCount);
  return right.reduce((a, b) => a + b, 0) / total;
};

/** Mean recall over the classes that occur; undefined where fewer than two do. */
export const balancedAccuracy: ConfusionScore = (confusion, classCount) => {
  const { truths, right } = sums(confusion, classCount);
  if (truths.filter((value) => value > 0).length < 2) return Number.NaN;
  return meanOver(classCount, (k) => right[k]! / truths[k]!);
};

/** F1 of class `k`; undefined where it neither occurs nor is predicted. */
function f1Of(s: ReturnType<typeof sums>, k: number): number {
  return (2 * s.right[k]!) / (s.truths[k]! + s.predicted[k]!);
}

/** Precision of class `k`: 0 where it occurs but is never predicted (scikit-learn's default), undefined where neither. */
function precisionOf(s: ReturnType<typeof sums>, k: number): number {
  if (s.predicted[k] === 0) return s.truths[k]! > 0 ? 0 : Number.NaN;
  return s.right[k]! / s.predicted[k]!;
}

/** Of class 1 where there are two classes, else the macro mean. */
function positiveOrMacro(of: (s: ReturnType<typeof sums>, k: number) => number): ConfusionScore {
  return (confusion, classCount) => {
    const s = sums(confusion, classCount);
    return classCount === 2 ? of(s, 1) : meanOver(classCount, (k) => of(s, k));
  };
}

/** Harmonic mean of precision and recall. */
export const f1 = positiveOrMacro(f1Of);

/** Macro mean of F1 over all classes, for binary tasks too. */
export const f1Macro: ConfusionScore = (confusion, classCount) => {
  const s = sums(confusion, classCount);
  return meanOver(classCount, (k) => f1Of(s, k));
};

/** Share of the predicted positives that are right. */
export const precision = positiveOrMacro(precisionOf);

/** Share of the positives that are found; multiclass: over the classes that occur. */
export const recall = positiveOrMacro((s, k) => s.right[k]! / s.truths[k]!);

/** Share of the negatives that are left alone. */
export const specificity = positiveOrMacro((s, k) => {
  const negatives = s.total - s.truths[k]!;
  return (negatives - (s.predicted[k]! - s.right[k]!)) / negatives;
});

/** Matthews' correlation (Gorodkin's R_K for many classes); 0 where only one class is predicted. */
export const mcc: ConfusionScore = (confusion, classCount) => {
  const { truths, predicted, right, total } = sums(confusion, classCount);
  let covariance = right.reduce((a, b) => a + b, 0) * total;
  let truthVariance = total * total;
  let predictedVariance = total * total;
  for (let k = 0; k < classCount; k++) {
    covariance -= truths[k]! * predicted[k]!;
    truthVariance -= truths[k]! * truths[k]!;
    predictedVariance -= predicted[k]! * predicted[k]!;
  }
  if (truthVariance <= 0) return Number.NaN;
  return predictedVariance <= 0 ? 0 : covariance / Math.sqrt(truthVariance * predictedVariance);
};

/** The scores that a confusion matrix is enough for, by the metric's id. */
export const confusionScores = {
  accuracy,
  balancedAccuracy,
  f1,
  f1Macro,
  precision,
  recall,
  specificity,
  mcc,
} as const;
