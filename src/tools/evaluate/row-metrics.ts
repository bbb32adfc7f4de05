import type { Evaluator, Prediction } from './metric.ts';

/** Smallest probability that log loss sees, as in scikit-learn (the machine's epsilon). */
const epsilon = 2.220446049250313e-16;

/** Weighted mean of one number a row; `finish` turns the mean into the metric. */
function meanOfRows(rows: Float64Array, weights: Float64Array | undefined, finish = (mean: number) => mean): Evaluator {
  const evaluate = (counts?: Int32Array): number => {
    let sum = 0;
    let total = 0;
    for (let row = 0; row < rows.length; row++) {
      const count = counts === undefined ? 1 : counts[row]!;
      const weight = weights === undefined ? count : weights[row]! * count;
      sum += weight * rows[row]!;
      total += weight;
    }
    return finish(sum / total);
  };
  return Object.assign(evaluate, { mean: { rows, weights, finish } });
}

/** Negative log probability of each row's true class, clipped to [ε, 1 − ε]. */
export function logLossRows(truth: Float64Array, { classCount, probabilities }: Prediction): Float64Array {
  return Float64Array.from(truth, (k, row) => {
    const p =
      classCount === 2
        ? k === 1
          ? probabilities![row]!
          : 1 - probabilities![row]!
        : probabilities![row * classCount + k]!;
    return -Math.log(Math.min(1 - epsilon, Math.max(epsilon, p)));
  });
}

/** Mean log loss. */
export function prepareLogLoss(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  return meanOfRows(logLossRows(truth, prediction), weights);
}

/** Brier score: (p − y)² of class 1 for binary tasks, the sum over all classes (0 … 2) for multiclass. */
export function prepareBrier(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  const { classCount } = prediction;
  const probabilities = prediction.probabilities!;
  const rows = Float64Array.from(truth, (k, row) => {
    if (classCount === 2) {
      const difference = probabilities[row]! - k;
      return difference * difference;
    }
    let sum = 0;
    for (let c = 0; c < classCount; c++) {
      const difference = probabilities[row * classCount + c]! - (c === k ? 1 : 0);
      sum += difference * difference;
    }
    return sum;
  });
  return meanOfRows(rows, weights);
}

/** Root of the mean squared error. */
export function prepareRmse(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  const rows = Float64Array.from(truth, (y, row) => (y - prediction.values![row]!) * (y - prediction.values![row]!));
  return meanOfRows(rows, weights, Math.sqrt);
}

/** Mean absolute error. */
export function prepareMae(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  return meanOfRows(absoluteErrors(truth, prediction), weights);
}

/** Mean absolute error as a share of the truth; undefined where a true value is 0. */
export function prepareMape(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  const rows = absoluteErrors(truth, prediction).map((error, row) => {
    const y = Math.abs(truth[row]!);
    return y === 0 ? Number.NaN : error / y;
  });
  return meanOfRows(rows, weights);
}

/** Weighted median of the absolute errors; two middle values are averaged. */
export function prepareMedianAbsoluteError(
  truth: Float64Array,
  prediction: Prediction,
  weights?: Float64Array,
): Evaluator {
  const errors = absoluteErrors(truth, prediction);
  const order = Int32Array.from(errors, (_, row) => row).sort((a, b) => errors[a]! - errors[b]! || a - b);
  const weightOf = (row: number, counts?: Int32Array) =>
    (weights === undefined ? 1 : weights[row]!) * (counts === undefined ? 1 : counts[row]!);
  return (counts) => {
    let total = 0;
    for (let rank = 0; rank < order.length; rank++) total += weightOf(order[rank]!, counts);
    const half = total / 2;
    let sum = 0;
    for (let rank = 0; rank < order.length; rank++) {
      sum += weightOf(order[rank]!, counts);
      if (sum < half || sum === 0) continue;
      const error = errors[order[rank]!]!;
      if (sum > half) return error;
      for (let next = rank + 1; next < order.length; next++) {
        if (weightOf(order[next]!, counts) > 0) return (error + errors[order[next]!]!) / 2;
      }
      return error;
    }
    return Number.NaN;
  };
}

/** Share of the variance explained; undefined where the truth is constant. */
export function prepareR2(truth: Float64Array, prediction: Prediction, weights?: Float64Array): Evaluator {
  const squares = Float64Array.from(truth, (y, row) => (y - prediction.values![row]!) * (y - prediction.values![row]!));
  // Centred once, so that the variance of far-off values keeps its digits.
  let centre = 0;
  for (const y of truth) centre += y / truth.length;
  const centred = truth.map((y) => y - centre);
  return (counts) => {
    let total = 0;
    let sum = 0;
    let sumOfSquares = 0;
    let residual = 0;
    for (let row = 0; row < centred.length; row++) {
      const count = counts === undefined ? 1 : counts[row]!;
      const weight = weights === undefined ? count : weights[row]! * count;
      const y = centred[row]!;
      total += weight;
      sum += weight * y;
      sumOfSquares += weight * y * y;
      residual += weight * squares[row]!;
    }
    const variance = sumOfSquares - (sum * sum) / total;
    // Below the rounding of the sums themselves there is no variance to explain.
    return variance <= 1e-14 * total * centre * centre || variance <= 0 ? Number.NaN : 1 - residual / variance;
  };
}

function absoluteErrors(truth: Float64Array, prediction: Prediction): Float64Array {
  return Float64Array.from(truth, (y, row) => Math.abs(y - prediction.values![row]!));
}
