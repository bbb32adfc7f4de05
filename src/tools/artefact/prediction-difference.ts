import type { PredictedRows } from './decode-predictions.ts';

/** What two ways of computing the same model may differ by, relative to max(1, magnitude). */
export const sameTolerance = 1e-5;

/** How far two predictions of the same rows are apart. */
export interface PredictionDifference {
  readonly rows: number;
  /** Of a probability, value or end of an interval, relative to max(1, magnitude). */
  readonly maxDifference: number;
  readonly meanDifference: number;
  /** Rows whose label is another one. */
  readonly labelDifferences: number;
  /** Those among them whose two likeliest classes are further apart than `sameTolerance`, so that no last digit decides. */
  readonly clearLabelDifferences: number;
}

/** Measures how far predictions are from those they are held against; infinitely, where they are not of the same kind and number. */
export function predictionDifference(own: PredictedRows, theirs: PredictedRows): PredictionDifference {
  const pairs = pairsOf(own, theirs);
  let [maxDifference, sum, count] = [0, 0, 0];
  for (const [one = new Float32Array(), two = new Float32Array()] of pairs ?? []) {
    if (one.length !== two.length) return { ...apart, rows: theirs.rowCount };
    for (let i = 0; i < one.length; i++) {
      const difference = differenceOf(one[i]!, two[i]!);
      maxDifference = Math.max(maxDifference, difference);
      sum += difference;
    }
    count += one.length;
  }
  if (pairs === undefined) return { ...apart, rows: theirs.rowCount };
  return {
    rows: theirs.rowCount,
    maxDifference,
    meanDifference: count === 0 ? 0 : sum / count,
    ...labelDifferences(own, theirs),
  };
}

/** Whether predictions are the same but for rounding: labels differ at most where the last digits decide between two classes. */
export function isSamePrediction(own: PredictedRows, theirs: PredictedRows): boolean {
  const { maxDifference, clearLabelDifferences } = predictionDifference(own, theirs);
  return maxDifference <= sameTolerance && clearLabelDifferences === 0;
}

const apart = {
  maxDifference: Number.POSITIVE_INFINITY,
  meanDifference: Number.POSITIVE_INFINITY,
  labelDifferences: 0,
  clearLabelDifferences: 0,
};

type Numbers = Float32Array | undefined;

function pairsOf(own: PredictedRows, theirs: PredictedRows): readonly (readonly [Numbers, Numbers])[] | undefined {
  if (own.kind === 'regression' && theirs.kind === 'regression')
    return [
      [own.values, theirs.values],
      [own.intervals, theirs.intervals],
    ];
  if (own.kind === 'classification' && theirs.kind === 'classification')
    return [[own.probabilities, theirs.probabilities]];
  return undefined;
}

function differenceOf(own: number, theirs: number): number {
  if (Object.is(own, theirs)) return 0;
  const difference = Math.abs(own - theirs) / Math.max(1, Math.abs(theirs));
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

function labelDifferences(
  own: PredictedRows,
  theirs: PredictedRows,
): Pick<PredictionDifference, 'labelDifferences' | 'clearLabelDifferences'> {
  let [differing, clear] = [0, 0];
  if (own.kind === 'classification' && theirs.kind === 'classification') {
    const width = theirs.probabilities.length / theirs.rowCount;
    theirs.labels.forEach((label, row) => {
      if (label === own.labels[row]) return;
      differing++;
      const [first = 0, second = 0] = [...theirs.probabilities.subarray(row * width, row * width + width)].sort(
        (a, b) => b - a,
      );
      if (!(first - second <= sameTolerance)) clear++;
    });
  }
  return { labelDifferences: differing, clearLabelDifferences: clear };
}
