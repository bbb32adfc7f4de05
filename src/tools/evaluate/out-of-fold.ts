import { TrainerError } from '../../core/errors.ts';
import { decodeArrays } from '../../core/helpers/encode-arrays.ts';
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
  const width = set.problem.task === 'multiclass' ? set.problem.classCount : 1;
  // Of expanding folds the first block is only learned from: block k + 1 is validated in fold k.
  const shift = folds.kind === 'expanding' ? 1 : 0;
  const total = folds.assignments.reduce(
    (sum, assignment) => sum + assignment.reduce((own, fold) => own + (fold >= shift ? 1 : 0), 0),
    0,
  );
  const rows = new Uint32Array(total);
  const predictions = new Float64Array(total * width);
  const fits: Uint32Array[] = [];
  let next = 0;
  folds.assignments.forEach((assignment, repeat) => {
    const values = Array.from({ length: folds.count }, (_, fold) => {
      const found = byFit.get(`fit${repeat}-${fold}`);
      if (found === undefined) {
        throw new TrainerError('INTERNAL', `Expected predictions of repeat ${repeat}, fold ${fold}, got none.`);
      }
      return found;
    });
    const places = values.map((own) => new Uint32Array(own.length / width));
    // Validation rows of a fit are in ascending order, so counting them gives their place in its predictions.
    const seen = new Uint32Array(folds.count);
    assignment.forEach((block, row) => {
      if (block < shift) return;
      const fold = block - shift;
      const position = seen[fold]!++;
      places[fold]![position] = next;
      rows[next] = row;
      for (let output = 0; output < width; output++)
        predictions[next * width + output] = values[fold]![position * width + output]!;
      next++;
    });
    fits.push(...places);
  });
  return {
    rows,
    target: Float64Array.from(rows, (row) => set.target[row]!),
    ...(set.weights === undefined ? {} : { weights: Float64Array.from(rows, (row) => set.weights![row]!) }),
    predictions,
    outputCount: width,
    fits,
  };
}
