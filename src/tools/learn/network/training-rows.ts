import type { TrainingData } from '../../../backends/backend.ts';
import type { Random } from '../../../core/helpers/random.ts';
import { takeFeatures, takeValues } from '../../data/prepare/features.ts';
import type { Problem, TrainingRows } from '../learner.ts';
import { inputNames } from './architecture.ts';
import { type Encoding, encode, layoutOf } from './encoding.ts';

/** Which share of the rows is kept aside to stop early on, and the fewest and the most rows of it. */
const heldShare = 0.15;
const leastHeld = 8;
const mostHeld = 20_000;

/** Row numbers to learn from, and to stop early on. */
export interface InnerSplit {
  readonly learned: Int32Array;
  readonly held: Int32Array;
}

/** Splits rows by chance within the classes; a class of one row is learned from. */
export function splitInner({ target }: TrainingRows, problem: Problem, random: Random): InnerSplit {
  const strata = new Map<number, number[]>();
  for (let row = 0; row < target.length; row++) {
    const stratum = problem.classCount > 0 ? target[row]! : 0;
    const rows = strata.get(stratum) ?? [];
    rows.push(row);
    strata.set(stratum, rows);
  }
  const wanted = Math.min(mostHeld, Math.max(leastHeld, heldShare * target.length));
  const held: number[] = [];
  for (const key of [...strata.keys()].sort((a, b) => a - b)) {
    const rows = random.shuffle(strata.get(key)!);
    held.push(
      ...rows.slice(0, Math.min(Math.floor(rows.length / 2), Math.round((wanted * rows.length) / target.length))),
    );
  }
  const isHeld = new Uint8Array(target.length);
  for (const row of held) isHeld[row] = 1;
  const learned = Int32Array.from({ length: target.length }, (_, row) => row).filter((row) => isHeld[row] === 0);
  return { learned, held: Int32Array.from(held).sort() };
}

/** A target in units of its deviation. */
export interface Standard {
  readonly centre: number;
  readonly scale: number;
}

/** Mean and deviation of a regression's target; 0 and 1 for classes. */
export function standardOf({ target }: TrainingRows, { task }: Problem): Standard {
  if (task !== 'regression') return { centre: 0, scale: 1 };
  let centre = 0;
  for (const y of target) centre += y / target.length;
  let squares = 0;
  for (const y of target) squares += ((y - centre) * (y - centre)) / target.length;
  return { centre, scale: squares > 0 ? Math.sqrt(squares) : 1 };
}

/** The rows of some numbers. */
export function pickRows(rows: TrainingRows, numbers: Int32Array): TrainingRows {
  return {
    features: takeFeatures(rows.features, numbers),
    target: takeValues(rows.target, numbers),
    ...(rows.weights === undefined ? {} : { weights: takeValues(rows.weights, numbers) }),
  };
}

/**
 * What a weight of 1 is in training: the mean of a regression's weights; the greatest of classes, whose expected probabilities may not
 * exceed 1. AdamW's steps do not depend on the scale of a loss.
 */
export function weightUnitOf({ weights }: TrainingRows, { classCount }: Problem): number {
  if (weights === undefined) return 1;
  if (classCount > 0) return weights.reduce((most, weight) => Math.max(most, weight), 0);
  return weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
}

/** Rows as the engine takes them. Weights multiply the expected probabilities of classes, and the error of a regression. */
export function trainingData(
  rows: TrainingRows,
  encoding: Encoding,
  problem: Problem,
  { centre, scale }: Standard,
  weightUnit: number,
): TrainingData {
  const { rowCount } = rows.features;
  const { numberWidth } = layoutOf(encoding);
  const { numbers, entries } = encode(encoding, rows.features, Float32Array);
  const inputs: Record<string, TrainingData['inputs'][string]> = {};
  if (numberWidth > 0) inputs[inputNames.numbers] = { dtype: 'float32', shape: [rowCount, numberWidth], data: numbers };
  const count = encoding.sizes.length;
  if (count > 0) {
    const data = BigInt64Array.from(entries, (entry) => BigInt(entry));
    inputs[inputNames.entries] = { dtype: 'int64', shape: [rowCount, count], data };
  }
  const weightAt = (row: number): number => (rows.weights === undefined ? 1 : rows.weights[row]! / weightUnit);
  if (problem.classCount === 0) {
    const roots = Float32Array.from({ length: rowCount }, (_, row) => Math.sqrt(weightAt(row)));
    if (rows.weights !== undefined) inputs[inputNames.weight] = { dtype: 'float32', shape: [rowCount, 1], data: roots };
    const values = Float32Array.from(rows.target, (y, row) => ((y - centre) / scale) * roots[row]!);
    return { inputs, targets: { target: { dtype: 'float32', shape: [rowCount, 1], data: values } } };
  }
  if (rows.weights === undefined) {
    const labels = BigInt64Array.from(rows.target, (label) => BigInt(label));
    return { inputs, targets: { target: { dtype: 'int64', shape: [rowCount], data: labels } } };
  }
  const expected = new Float32Array(rowCount * problem.classCount);
  for (let row = 0; row < rowCount; row++) expected[row * problem.classCount + rows.target[row]!] = weightAt(row);
  return {
    inputs,
    targets: { target: { dtype: 'float32', shape: [rowCount, problem.classCount], data: expected } },
  };
}
