import { type Design, multiply, multiplyTransposed, weightedGram } from './design.ts';

/** Distribution of the target: squared error, one logit, or one logit a class. */
export type Family = 'gaussian' | 'logistic' | 'multinomial';

/**
 * Mean loss plus penalty: (Σ sᵢ·lossᵢ + alpha/2·‖w‖²) / Σ sᵢ, the intercepts unpenalised. The loss is half the squared
 * error, or log loss. So `alpha` is scikit-learn's `Ridge(alpha)`, and 1/`C` of its `LogisticRegression(C)`.
 *
 * Parameters: a block of columnCount + 1 (intercept last) for each output.
 */
export interface Objective {
  readonly parameterCount: number;
  /** Value and gradient at the parameters; curvature refers to the last call. */
  evaluate(parameters: Float64Array): { readonly value: number; readonly gradient: Float64Array };
  /** The Hessian [parameterCount, parameterCount] at the parameters of the last `evaluate`. */
  hessian(): Float64Array;
}

/** What an objective is made of. */
export interface ObjectiveOptions {
  readonly family: Family;
  /** Outputs: 1, or the number of classes for `multinomial`. */
  readonly outputCount: number;
  readonly alpha: number;
  readonly weights?: Float64Array | undefined;
}

/** The objective of a generalised linear model on a design. @param target values, or class indices */
export function createObjective(design: Design, target: Float64Array, options: ObjectiveOptions): Objective {
  const { family, outputCount, alpha, weights } = options;
  const { rowCount, columnCount } = design;
  const size = columnCount + 1;
  const parameterCount = size * outputCount;
  let total = rowCount;
  if (weights !== undefined) {
    total = 0;
    for (const weight of weights) total += weight;
  }
  const penalty = alpha / total;
  // The predictor, then in place what it predicts (a value or probabilities).
  const predicted = new Float64Array(rowCount * outputCount);
  const residual = new Float64Array(rowCount * outputCount);

  /** Turns the row's predictor into its prediction and returns the loss. */
  const lossOfRow = (row: number): number => {
    const base = row * outputCount;
    const y = target[row]!;
    if (family === 'gaussian') {
      const difference = predicted[base]! - y;
      residual[base] = difference;
      return (difference * difference) / 2;
    }
    if (family === 'logistic') {
      const eta = predicted[base]!;
      const small = Math.exp(-Math.abs(eta));
      const p = eta >= 0 ? 1 / (1 + small) : small / (1 + small);
      predicted[base] = p;
      // 1 − p keeps its digits where p is almost 1.
      residual[base] = y === 1 ? (eta >= 0 ? -small / (1 + small) : -1 / (1 + small)) : p;
      return Math.log1p(small) + (y === 1 ? Math.max(0, -eta) : Math.max(0, eta));
    }
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < outputCount; k++) top = Math.max(top, predicted[base + k]!);
    const own = predicted[base + y]! - top;
    let sum = 0;
    for (let k = 0; k < outputCount; k++) {
      const value = Math.exp(predicted[base + k]! - top);
      predicted[base + k] = value;
      sum += value;
    }
    for (let k = 0; k < outputCount; k++) {
      const p = predicted[base + k]! / sum;
      predicted[base + k] = p;
      residual[base + k] = k === y ? p - 1 : p;
    }
    return Math.log(sum) - own;
  };

  return {
    parameterCount,
    evaluate(parameters) {
      for (let k = 0; k < outputCount; k++) multiply(design, parameters, k * size, predicted, outputCount, k);
      let loss = 0;
      for (let row = 0; row < rowCount; row++) {
        const weight = (weights === undefined ? 1 : weights[row]!) / total;
        loss += weight * lossOfRow(row);
        for (let k = 0; k < outputCount; k++) residual[row * outputCount + k]! *= weight;
      }
      const gradient = new Float64Array(parameterCount);
      let squares = 0;
      for (let k = 0; k < outputCount; k++) {
        multiplyTransposed(design, residual, outputCount, k, gradient, k * size);
        for (let j = 0; j < columnCount; j++) {
          const w = parameters[k * size + j]!;
          gradient[k * size + j]! += penalty * w;
          squares += w * w;
        }
      }
      return { value: loss + (penalty / 2) * squares, gradient };
    },
    hessian() {
      const out = new Float64Array(parameterCount * parameterCount);
      const w = new Float64Array(rowCount);
      for (let k = 0; k < outputCount; k++) {
        for (let l = k; l < outputCount; l++) {
          for (let row = 0; row < rowCount; row++) {
            const weight = (weights === undefined ? 1 : weights[row]!) / total;
            const p = predicted[row * outputCount + k]!;
            if (family === 'gaussian') w[row] = weight;
            else if (k === l) w[row] = weight * p * (1 - p);
            else w[row] = -weight * p * predicted[row * outputCount + l]!;
          }
          weightedGram(design, w, out, parameterCount, k * size, l * size);
          if (l > k) transposeBlock(out, parameterCount, k * size, l * size, size);
        }
        for (let j = 0; j < columnCount; j++) out[(k * size + j) * (parameterCount + 1)]! += penalty;
      }
      if (family === 'multinomial') fixTheSum(out, parameterCount, size, outputCount);
      return out;
    },
  };
}

function transposeBlock(matrix: Float64Array, stride: number, row: number, column: number, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) matrix[(column + j) * stride + row + i] = matrix[(row + i) * stride + column + j]!;
  }
}

/**
 * Adding the same numbers to the coefficients of all classes changes no probability, so that direction is (without a
 * penalty) flat. The gradient has no part in it; a curvature there makes the matrix definite and changes no step.
 */
function fixTheSum(matrix: Float64Array, stride: number, size: number, classCount: number): void {
  for (let j = 0; j < size; j++) {
    let mean = 0;
    for (let k = 0; k < classCount; k++) mean += matrix[(k * size + j) * (stride + 1)]! / classCount;
    const curvature = (mean > 0 ? mean : 1) / classCount;
    for (let k = 0; k < classCount; k++) {
      for (let l = 0; l < classCount; l++) matrix[(k * size + j) * stride + l * size + j]! += curvature;
    }
  }
}
