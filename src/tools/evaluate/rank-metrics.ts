import type { Evaluator, Prediction } from './metric.ts';
import { sortRowsFalling } from './sort-rows.ts';

/** Rows by falling score, with the ends of runs of equal scores; made once, used for every resample. */
export interface Ranking {
  /** Row at each rank. */
  readonly order: Int32Array;
  /** 1 where a run of equal scores ends. */
  readonly ends: Uint8Array;
}

/** Ranks rows by falling score; equal scores stand in order of row. */
export function rankScores(scores: Float64Array): Ranking {
  const order = sortRowsFalling(scores);
  const ends = new Uint8Array(order.length);
  for (let rank = 0; rank < order.length; rank++) {
    ends[rank] = rank === order.length - 1 || scores[order[rank]!] !== scores[order[rank + 1]!] ? 1 : 0;
  }
  return { order, ends };
}

type CurveArea = (positives: Uint8Array, weights: Float64Array, ranking: Ranking, counts?: Int32Array) => number;

/** Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half. */
const rocArea: CurveArea = (positives, weights, { order, ends }, counts) => {
  let positive = 0;
  let negative = 0;
  let runPositive = 0;
  let runNegative = 0;
  let area = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const weight = counts === undefined ? weights[rank]! : weights[rank]! * counts[order[rank]!]!;
    if (positives[rank] === 1) runPositive += weight;
    else runNegative += weight;
    if (ends[rank] === 1) {
      area += runNegative * (positive + runPositive / 2);
      positive += runPositive;
      negative += runNegative;
      runPositive = 0;
      runNegative = 0;
    }
  }
  return area / (positive * negative);
};

/** Average precision: precision at each threshold weighted by the gain of recall (a step function, not trapezoids). */
const precisionArea: CurveArea = (positives, weights, { order, ends }, counts) => {
  let positive = 0;
  let all = 0;
  let runPositive = 0;
  let area = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const weight = counts === undefined ? weights[rank]! : weights[rank]! * counts[order[rank]!]!;
    all += weight;
    if (positives[rank] === 1) runPositive += weight;
    if (ends[rank] === 1) {
      positive += runPositive;
      if (runPositive > 0) area += (runPositive * positive) / all;
      runPositive = 0;
    }
  }
  return area / positive;
};

/** One class against the rest as an evaluator; NaN where a side is empty. */
function oneAgainstRest(
  area: CurveArea,
  truth: Float64Array,
  scores: Float64Array,
  positiveClass: number,
  weights?: Float64Array,
): Evaluator {
  const ranking = rankScores(scores);
  const positives = Uint8Array.from(ranking.order, (row) => (truth[row] === positiveClass ? 1 : 0));
  const ranked = Float64Array.from(ranking.order, (row) => (weights === undefined ? 1 : weights[row]!));
  return (counts) => area(positives, ranked, ranking, counts);
}

/** Binary: of class 1. Multiclass: the mean over the classes for which it is defined. */
function curveMetric(area: CurveArea) {
  return (truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator => {
    const { classCount } = prediction;
    const probabilities = prediction.probabilities!;
    if (classCount === 2) return oneAgainstRest(area, truth, probabilities, 1, weights);
    const evaluators: Evaluator[] = [];
    for (let k = 0; k < classCount; k++) {
      const scores = new Float64Array(truth.length);
      for (let row = 0; row < scores.length; row++) scores[row] = probabilities[row * classCount + k]!;
      evaluators.push(oneAgainstRest(area, truth, scores, k, weights));
    }
    return (counts) => {
      let sum = 0;
      let defined = 0;
      for (const evaluate of evaluators) {
        const value = evaluate(counts);
        if (Number.isNaN(value)) continue;
        sum += value;
        defined++;
      }
      return defined === 0 ? Number.NaN : sum / defined;
    };
  };
}

/** ROC AUC; multiclass: macro mean of one class against the rest (scikit-learn's `multi_class="ovr"`). */
export const prepareRocAuc = curveMetric(rocArea);

/** Average precision (scikit-learn's definition); multiclass: macro mean of one class against the rest. */
export const prepareAveragePrecision = curveMetric(precisionArea);
