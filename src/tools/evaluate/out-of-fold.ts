import { TrainerError } from '../../core/errors.ts';
import { decodeArrays } from '../data/columnar/encode-arrays.ts';
import { foldRows } from '../data/split/folds.ts';
import type { TrainingSet, TrainingSetSource } from '../learn/training-set.ts';

/** Predictions on rows that the fit had not seen: every validated row once a repeat, repeat after repeat. */
export interface OutOfFold {
  /** Positions in the training set; a row comes once a repeat. */
  readonly rows: Uint32Array;
  /** Class index or value of each of `rows`. */
  readonly target: Float64Array;
  readonly weights?: Float64Array;
  /** Row-major [rows.length, outputCount]. */
  readonly predictions: Float64Array;
  readonly outputCount: number;
  /** Where the rows of each fit lie, in the order of `foldScores`: for scores a fold. */
  readonly fits: readonly Uint32Array[];
}

/** Puts the predictions of a candidate's fits, from any number of trials, in one order that all candidates share. */
export async function readOutOfFold(
  set: TrainingSet,
  blobs: readonly string[],
  source: TrainingSetSource,
): Promise<OutOfFold> {
  const byFit = new Map<string, Float64Array>();
  for (const blob of blobs) {
    const { arrays } = decodeArrays(await source.blobs.get(blob));
    for (const [name, values] of Object.entries(arrays)) byFit.set(name, values as Float64Array);
  }
  const { folds } = set;
  const outputCount = set.problem.task === 'multiclass' ? set.problem.classCount : 1;
  const rows: number[] = [];
  const predictions: number[] = [];
  const fits: Uint32Array[] = [];
  for (let repeat = 0; repeat < folds.repeats; repeat++) {
    const place = new Map<number, readonly [fold: number, position: number]>();
    const ownFits = Array.from({ length: folds.count }, () => [] as number[]);
    for (let fold = 0; fold < folds.count; fold++) {
      foldRows(folds, repeat, fold).validation.forEach((row, position) => {
        place.set(row, [fold, position]);
      });
    }
    for (const row of [...place.keys()].sort((a, b) => a - b)) {
      const [fold, position] = place.get(row)!;
      const values = byFit.get(`fit${repeat}-${fold}`);
      if (values === undefined)
        throw new TrainerError('INTERNAL', `Expected predictions of repeat ${repeat}, fold ${fold}, got none.`);
      ownFits[fold]!.push(rows.length);
      rows.push(row);
      for (let output = 0; output < outputCount; output++) predictions.push(values[position * outputCount + output]!);
    }
    fits.push(...ownFits.map((positions) => Uint32Array.from(positions)));
  }
  return {
    rows: Uint32Array.from(rows),
    target: Float64Array.from(rows, (row) => set.target[row]!),
    ...(set.weights === undefined ? {} : { weights: Float64Array.from(rows, (row) => set.weights![row]!) }),
    predictions: Float64Array.from(predictions),
    outputCount,
    fits,
  };
}
