import type { Prediction } from './metric.ts';

/** A row that the model is most wrong about. */
export interface WorstRow {
  /** Position among the judged rows. */
  readonly row: number;
  /** How wrong: the predicted class's probability less the true one's, or the absolute error. */
  readonly loss: number;
}

/** The loss of each row that slices compare: 1 where the label is wrong, or the absolute error. */
export function rowLosses(truth: Float64Array, { labels, values }: Prediction): Float64Array {
  if (values !== undefined) return truth.map((y, row) => Math.abs(y - values[row]!));
  return truth.map((y, row) => (labels![row] === y ? 0 : 1));
}

/** The rows that a model is most sure about and wrong, or farthest from; the first where two are equal. */
export function worstRows(truth: Float64Array, prediction: Prediction, most: number): readonly WorstRow[] {
  const losses = rowLosses(truth, prediction);
  const found: WorstRow[] = [];
  for (let row = 0; row < truth.length; row++) {
    if (losses[row]! > 0)
      found.push({ row, loss: prediction.values === undefined ? margin(truth, prediction, row) : losses[row]! });
  }
  return found.sort((a, b) => b.loss - a.loss || a.row - b.row).slice(0, most);
}

function margin(truth: Float64Array, prediction: Prediction, row: number): number {
  return probabilityOf(prediction, row, prediction.labels![row]!) - probabilityOf(prediction, row, truth[row]!);
}

/** Probability of a class for a row; predictions of two classes hold that of the second alone. */
export function probabilityOf({ classCount, probabilities }: Prediction, row: number, label: number): number {
  if (classCount > 2) return probabilities![row * classCount + label]!;
  return label === 1 ? probabilities![row]! : 1 - probabilities![row]!;
}
