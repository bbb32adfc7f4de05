import { fitIsotonic, fitSigmoid, fitTemperature, steepest } from './calibration-fit.ts';
import { logLossRows } from './row-metrics.ts';

/** A map from the learner's probabilities to better ones; plain JSON. */
export type Calibration =
  | { readonly kind: 'none' }
  /** Binary: sigmoid(slope · logit(p) + offset). */
  | { readonly kind: 'sigmoid'; readonly slope: number; readonly offset: number }
  /** Binary: linear between the knots (x rising, y not falling), constant beyond them. */
  | { readonly kind: 'isotonic'; readonly x: readonly number[]; readonly y: readonly number[] }
  /** Multiclass: softmax(exponent · log p); the exponent is 1 / temperature. */
  | { readonly kind: 'temperature'; readonly exponent: number };

/** Probabilities are kept this far from 0 and 1 before a logarithm. */
export const tiniest = 1e-12;

/**
 * The pieces of a sigmoid calibration: the sigmoid inside [edge, 1 − edge], straight lines outside. A slope below 1 gets ever
 * steeper towards 0 and 1; from where it would pass {@link steepest} it goes on as a line, which keeps the order of the rows.
 */
export function sigmoidPieces({ slope, offset }: { readonly slope: number; readonly offset: number }) {
  // Near an end the derivative is slope · e^±offset · edge^(slope − 1).
  const reach = Math.log(steepest / slope) - Math.abs(offset);
  const edge = slope < 1 ? Math.min(0.05, Math.max(tiniest, Math.exp(-reach / (1 - slope)))) : tiniest;
  const inside = (p: number) => 1 / (1 + Math.exp(-(slope * Math.log(p / (1 - p)) + offset)));
  const slopeAt = (p: number) => (slope * inside(p) * (1 - inside(p))) / (p * (1 - p));
  return { edge, inside, lowSlope: slope < 1 ? slopeAt(edge) : 0, highSlope: slope < 1 ? slopeAt(1 - edge) : 0 };
}

/** Calibrated probabilities; `probabilities` is [rows] for binary, row-major [rows, classCount] for multiclass. */
export function applyCalibration(
  calibration: Calibration,
  probabilities: Float64Array,
  classCount: number,
): Float64Array {
  if (calibration.kind === 'none') return probabilities.slice();
  if (calibration.kind === 'sigmoid') {
    const { edge, inside, lowSlope, highSlope } = sigmoidPieces(calibration);
    return probabilities.map((p) => {
      const kept = Math.min(1 - edge, Math.max(edge, p));
      return inside(kept) + lowSlope * Math.min(0, p - kept) + highSlope * Math.max(0, p - kept);
    });
  }
  if (calibration.kind === 'isotonic') {
    const { x, y } = calibration;
    return probabilities.map((p) => interpolate(x, y, p));
  }
  const out = new Float64Array(probabilities.length);
  const { exponent } = calibration;
  for (let base = 0; base < out.length; base += classCount) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classCount; k++) {
      out[base + k] = exponent * Math.log(Math.max(tiniest, probabilities[base + k]!));
      top = Math.max(top, out[base + k]!);
    }
    let sum = 0;
    for (let k = 0; k < classCount; k++) {
      out[base + k] = Math.exp(out[base + k]! - top);
      sum += out[base + k]!;
    }
    for (let k = 0; k < classCount; k++) out[base + k]! /= sum;
  }
  return out;
}

function interpolate(x: readonly number[], y: readonly number[], p: number): number {
  if (p <= x[0]!) return y[0]!;
  let low = 0;
  let high = x.length - 1;
  if (p >= x[high]!) return y[high]!;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle]! <= p) low = middle;
    else high = middle;
  }
  return y[low]! + ((p - x[low]!) / (x[high]! - x[low]!)) * (y[high]! - y[low]!);
}

/** Out-of-fold predictions to calibrate on. */
export interface CalibrationRows {
  /** Class index a row. */
  readonly truth: Float64Array;
  /** [rows], or row-major [rows, classCount]. */
  readonly probabilities: Float64Array;
  readonly classCount: number;
  readonly weights?: Float64Array | undefined;
  /** Fold of each row, at least two: the folds of the search, so that groups stay together. */
  readonly folds: Int32Array;
}

/** The chosen calibration with what it was chosen by. */
export interface CalibrationChoice {
  readonly calibration: Calibration;
  /** Cross-validated log loss of each kind that was tried. */
  readonly logLoss: Readonly<Partial<Record<Calibration['kind'], number>>>;
}

/** Isotonic calibration is tried from this many rows on: with fewer its steps follow the noise. */
const leastIsotonicRows = 1000;

/** A more complex kind must lower log loss by this share of it, and by one standard error of the difference. */
export const leastGain = 0.005;

/**
 * Chooses among none, sigmoid (Platt) and isotonic for binary, none and temperature for multiclass, by log loss
 * cross-validated over the given folds; the simpler one stays unless the next beats it by {@link leastGain} and one standard
 * error. What is chosen is fitted on all rows. With fewer than two folds there is nothing to judge by: none.
 */
export function chooseCalibration(rows: CalibrationRows): CalibrationChoice {
  const kinds: readonly Exclude<Calibration['kind'], 'none'>[] =
    rows.classCount > 2
      ? ['temperature']
      : rows.truth.length >= leastIsotonicRows
        ? ['sigmoid', 'isotonic']
        : ['sigmoid'];
  let best: Calibration['kind'] = 'none';
  let bestLosses = lossesOf(rows, rows.probabilities);
  const logLoss: Partial<Record<Calibration['kind'], number>> = { none: mean(bestLosses, rows.weights) };
  for (const kind of new Set(rows.folds).size < 2 ? [] : kinds) {
    const losses = lossesOf(rows, crossFitted(rows, kind));
    logLoss[kind] = mean(losses, rows.weights);
    const gains = bestLosses.map((loss, row) => loss - losses[row]!);
    const gain = mean(gains, rows.weights);
    const squares = mean(
      gains.map((value) => (value - gain) * (value - gain)),
      rows.weights,
    );
    const noise = Math.sqrt(squares / gains.length);
    if (gain > Math.max(noise, leastGain * mean(bestLosses, rows.weights))) {
      best = kind;
      bestLosses = losses;
    }
  }
  return { calibration: best === 'none' ? { kind: 'none' } : fitCalibration(best, rows), logLoss };
}

/** Fits one kind on all rows. */
export function fitCalibration(
  kind: Exclude<Calibration['kind'], 'none'>,
  rows: Omit<CalibrationRows, 'folds'>,
): Calibration {
  const { truth, probabilities, classCount, weights } = rows;
  if (kind === 'sigmoid') return fitSigmoid(truth, probabilities, weights);
  if (kind === 'isotonic') return fitIsotonic(truth, probabilities, weights);
  return fitTemperature(truth, probabilities, classCount, weights);
}

function crossFitted(rows: CalibrationRows, kind: Exclude<Calibration['kind'], 'none'>): Float64Array {
  const { truth, probabilities, classCount, weights, folds } = rows;
  const width = classCount > 2 ? classCount : 1;
  const out = new Float64Array(probabilities.length);
  for (const fold of new Set(folds)) {
    const outside: number[] = [];
    const inside: number[] = [];
    folds.forEach((f, row) => {
      (f === fold ? inside : outside).push(row);
    });
    const calibration = fitCalibration(kind, {
      truth: pick(truth, outside, 1),
      probabilities: pick(probabilities, outside, width),
      classCount,
      weights: weights && pick(weights, outside, 1),
    });
    const calibrated = applyCalibration(calibration, pick(probabilities, inside, width), classCount);
    inside.forEach((row, i) => {
      for (let k = 0; k < width; k++) out[row * width + k] = calibrated[i * width + k]!;
    });
  }
  return out;
}

function pick(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let k = 0; k < width; k++) out[i * width + k] = values[row * width + k]!;
  });
  return out;
}

function lossesOf({ truth, classCount }: CalibrationRows, probabilities: Float64Array): Float64Array {
  return logLossRows(truth, { classCount, probabilities });
}

function mean(values: Float64Array, weights: Float64Array | undefined): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < values.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!;
    sum += weight * values[row]!;
    total += weight;
  }
  return sum / total;
}
