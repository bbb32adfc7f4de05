import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import {
  calibrationCurve,
  confusionMatrix,
  residualSummary,
  thresholdCurves,
  topLabelCalibration,
} from '../../../src/tools/evaluate/curves.ts';
import { metricValue } from '../../../src/tools/evaluate/metrics.ts';

describe('thresholdCurves', () => {
  it('steps through the thresholds, ties at once', () => {
    const curves = thresholdCurves(Uint8Array.of(1, 0, 1, 0), Float64Array.of(0.9, 0.5, 0.5, 0.1))!;
    expect(curves.roc).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
    expect(curves.precisionRecall).toEqual([
      [0.5, 1],
      [1, 2 / 3],
      [1, 0.5],
    ]);
    expect(curves.prevalence).toBe(0.5);
  });

  it('has at most 200 points, and the area that the metric has', () => {
    const random = createRandom(1);
    const truth = Float64Array.from({ length: 5000 }, () => random.integer(2));
    const scores = truth.map((y) => y + random.normal());
    const { roc } = thresholdCurves(Uint8Array.from(truth), scores)!;
    expect([roc.length, roc[0], roc.at(-1)]).toEqual([200, [0, 0], [1, 1]]);
    let area = 0;
    for (let i = 1; i < roc.length; i++) area += (roc[i]![0] - roc[i - 1]![0]) * ((roc[i]![1] + roc[i - 1]![1]) / 2);
    expect(area).toBeCloseTo(metricValue('rocAuc', truth, { classCount: 2, probabilities: scores }), 2);
  });

  it('is undefined for one class', () => {
    expect(thresholdCurves(new Uint8Array(3), new Float64Array(3))).toBeUndefined();
  });
});

describe('calibrationCurve', () => {
  it('counts every row once and measures the distance', () => {
    const random = createRandom(2);
    const p = Float64Array.from({ length: 4000 }, () => random.next());
    const positives = Uint8Array.from(p, (value) => (random.next() < value * value ? 1 : 0));
    const { bins, expectedError } = calibrationCurve(positives, p);
    expect(bins).toHaveLength(10);
    expect(bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(4000);
    // The mean of p − p² over [0, 1] is 1/6.
    expect(expectedError).toBeCloseTo(1 / 6, 1);
    expect(bins[0]!.predicted).toBeLessThan(bins[9]!.predicted);
  });

  it('keeps equal probabilities in one bin', () => {
    expect(calibrationCurve(Uint8Array.of(1, 0, 0, 0), new Float64Array(4).fill(0.25))).toEqual({
      bins: [{ rows: 4, predicted: 0.25, observed: 0.25 }],
      expectedError: 0,
    });
  });

  it('measures the most probable class of many', () => {
    const { bins, expectedError } = topLabelCalibration(
      Float64Array.of(0, 2),
      Float64Array.of(0.8, 0.1, 0.1, 0.1, 0.8, 0.1),
      3,
    );
    expect(bins).toEqual([{ rows: 2, predicted: 0.8, observed: 0.5 }]);
    expect(expectedError).toBeCloseTo(0.3, 12);
  });
});

describe('confusionMatrix', () => {
  it('has the truth in its rows', () => {
    expect(confusionMatrix(Float64Array.of(0, 0, 1), Int32Array.of(0, 1, 1), 2)).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });
});

describe('residualSummary', () => {
  it('counts every row once, by rising prediction', () => {
    const random = createRandom(3);
    const predicted = Float64Array.from({ length: 1003 }, () => random.normal());
    const truth = predicted.map((value) => value + 1 + 0.1 * random.normal());
    const { mean, quantiles, byPredicted } = residualSummary(truth, predicted);
    expect(mean).toBeCloseTo(1, 1);
    expect(quantiles[3]).toBeCloseTo(1, 1);
    expect(byPredicted.reduce((sum, { rows }) => sum + rows, 0)).toBe(1003);
    expect(byPredicted[0]!.predicted).toBeLessThan(byPredicted[9]!.predicted);
    expect(byPredicted[5]!.low).toBeLessThan(byPredicted[5]!.high);
  });
});
