import { describe, expect, it } from 'vitest';
import type { PredictedRows } from '../../../src/tools/artefact/decode-predictions.ts';
import { isSamePrediction, predictionDifference } from '../../../src/tools/artefact/prediction-difference.ts';

const numbers = (values: readonly number[], intervals?: readonly number[]): PredictedRows => ({
  kind: 'regression',
  rowCount: values.length,
  values: Float32Array.from(values),
  ...(intervals === undefined ? {} : { intervals: Float32Array.from(intervals) }),
});
const classes = (labels: readonly string[], probabilities: readonly number[]): PredictedRows => ({
  kind: 'classification',
  rowCount: labels.length,
  labels,
  probabilities: Float32Array.from(probabilities),
});

describe('the difference of two predictions', () => {
  it.each<readonly [what: string, own: PredictedRows, theirs: PredictedRows, most: number, isSame: boolean]>([
    ['the same', numbers([1, 2000]), numbers([1, 2000]), 0, true],
    ['a rounding of a great value', numbers([2000.001]), numbers([2000]), 4.9e-7, true],
    ['another small value', numbers([0.001]), numbers([0]), 0.001, false],
    ['nothing on one side', numbers([Number.NaN, 1]), numbers([1, 1]), Number.POSITIVE_INFINITY, false],
    ['nothing on both sides', numbers([Number.NaN]), numbers([Number.NaN]), 0, true],
    ['an infinity', numbers([Number.POSITIVE_INFINITY]), numbers([1]), Number.POSITIVE_INFINITY, false],
    ['another interval', numbers([1], [0, 2]), numbers([1], [0, 3]), 1 / 3, false],
    ['no interval', numbers([1]), numbers([1], [0, 3]), Number.POSITIVE_INFINITY, false],
    ['fewer rows', numbers([1]), numbers([1, 1]), Number.POSITIVE_INFINITY, false],
    ['another task', numbers([1]), classes(['a'], [1, 0]), Number.POSITIVE_INFINITY, false],
    ['another probability', classes(['a'], [0.7, 0.3]), classes(['a'], [0.6, 0.4]), 0.1, false],
    ['a label of a tie', classes(['a'], [0.5, 0.5]), classes(['b'], [0.5, 0.5]), 0, true],
    ['a label that is sure', classes(['a'], [0.3, 0.7]), classes(['b'], [0.3, 0.7]), 0, false],
  ])('%s', (_what, own, theirs, most, isSame) => {
    expect(predictionDifference(own, theirs).maxDifference).toBeCloseTo(most, 6);
    expect(isSamePrediction(own, theirs)).toBe(isSame);
  });

  it('counts labels, and those that no last digit decides', () => {
    const own = classes(['a', 'a', 'b'], [0.5, 0.5, 0.9, 0.1, 0.2, 0.8]);
    const theirs = classes(['b', 'b', 'b'], [0.5, 0.5, 0.9, 0.1, 0.2, 0.8]);
    expect(predictionDifference(own, theirs)).toEqual({
      rows: 3,
      maxDifference: 0,
      meanDifference: 0,
      labelDifferences: 2,
      clearLabelDifferences: 1,
    });
  });
});
