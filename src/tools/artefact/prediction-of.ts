import type { Prediction } from '../evaluate/metric.ts';
import type { PredictedRows } from './decode-predictions.ts';

/** What a model said of rows, as the metrics take it. @param classes - in the order of the model's probabilities */
export function predictionOf(predicted: PredictedRows, classes: readonly string[]): Prediction {
  if (predicted.kind === 'regression') return { classCount: 0, values: Float64Array.from(predicted.values) };
  const classCount = classes.length;
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  return {
    classCount,
    probabilities: Float64Array.from(
      classCount === 2 ? predicted.probabilities.filter((_, i) => i % 2 === 1) : predicted.probabilities,
    ),
    labels: Int32Array.from(predicted.labels, (label) => indexOf.get(label)!),
  };
}
