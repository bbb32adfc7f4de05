import type { TrainingRows } from '../learner.ts';
import type { TreesOptions } from './options.ts';
import { weightedQuantile } from './weighted-quantile.ts';

/** What boosting starts from. */
export interface Start {
  /** Score of every row before the first tree, a class. */
  readonly base: Float64Array;
  /** Gains below this are rounding errors. */
  readonly gainFloor: number;
}

/** Largest log-odds to start from, for a fold without one of the classes. */
const largestLogOdds = 30;

/** The constant scores of least loss: log-odds, log shares of the classes, mean, or quantile. */
export function startOf(rows: TrainingRows, options: TreesOptions, classes: number): Start {
  const { target, weights } = rows;
  const n = target.length;
  const weightOf = (row: number): number => (weights === undefined ? 1 : weights[row]!);
  let total = 0;
  for (let row = 0; row < n; row++) total += weightOf(row);
  switch (options.objective) {
    case 'squared': {
      let sum = 0;
      for (let row = 0; row < n; row++) sum += weightOf(row) * target[row]!;
      const mean = sum / total;
      let error = 0;
      let size = 0;
      for (let row = 0; row < n; row++) {
        const distance = target[row]! - mean;
        error += weightOf(row) * distance * distance;
        size += weightOf(row) * target[row]! * target[row]!;
      }
      return { base: Float64Array.of(mean), gainFloor: 1e-12 * error + 1e-24 * size };
    }
    case 'quantile': {
      const all = Int32Array.from({ length: n }, (_, row) => row);
      const weight = weights === undefined ? undefined : weightOf;
      const base = weightedQuantile(all, (row) => target[row]!, weight, options.alpha);
      return { base: Float64Array.of(base), gainFloor: 1e-12 * total };
    }
    case 'logistic': {
      let positive = 0;
      for (let row = 0; row < n; row++) positive += weightOf(row) * target[row]!;
      const logOdds = Math.log(positive / (total - positive));
      const base = Math.fround(Math.max(-largestLogOdds, Math.min(largestLogOdds, logOdds)));
      return { base: Float64Array.of(base), gainFloor: 1e-12 * total };
    }
    case 'softmax': {
      const base = new Float64Array(classes);
      for (let row = 0; row < n; row++) base[target[row]!]! += weightOf(row);
      for (let k = 0; k < classes; k++) base[k] = Math.fround(Math.max(-largestLogOdds, Math.log(base[k]! / total)));
      return { base, gainFloor: 1e-12 * total };
    }
  }
}

/**
 * Mean loss of raw scores, for early stopping: cross entropy, squared error, or pinball loss.
 *
 * @param scores Score of a row (0 … target.length − 1) for a class.
 */
export function meanLoss(
  options: TreesOptions,
  classes: number,
  rows: TrainingRows,
  scores: (row: number, classIndex: number) => number,
): number {
  const { target, weights } = rows;
  let loss = 0;
  let total = 0;
  for (let row = 0; row < target.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    total += weight;
    loss += weight * lossOfRow(options, classes, target[row]!, (k) => scores(row, k));
  }
  return loss / total;
}

function lossOfRow(
  options: TreesOptions,
  classes: number,
  target: number,
  score: (classIndex: number) => number,
): number {
  switch (options.objective) {
    case 'squared': {
      const distance = score(0) - target;
      return distance * distance;
    }
    case 'quantile': {
      const distance = target - score(0);
      return distance >= 0 ? options.alpha * distance : (options.alpha - 1) * distance;
    }
    case 'logistic': {
      // log(1 + e^−margin), without overflow.
      const margin = target === 1 ? score(0) : -score(0);
      return Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin);
    }
    case 'softmax': {
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) top = Math.max(top, score(k));
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += Math.exp(score(k) - top);
      return Math.log(sum) + top - score(target);
    }
  }
}
