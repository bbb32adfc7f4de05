import type { Blobs } from '../../core/helpers/blobs.ts';
import { decodeArrays, encodeArrays } from '../../core/helpers/encode-arrays.ts';
import { takeFeatures, takeValues } from '../data/prepare/features.ts';
import type { Folds } from '../data/split/folds.ts';
import type { Features, LearnerFacts, Problem, TrainingRows } from './learner.ts';

/** Everything that fits of a run learn from: the features of all rows outside the vault, with their folds. */
export interface TrainingSet extends TrainingRows {
  readonly problem: Problem;
  /** Labels by class index; empty for regression. */
  readonly classes: readonly string[];
  readonly folds: Folds;
  /** Group number a row, where rows of one entity must stay together. */
  readonly groups?: Int32Array;
}

interface Header {
  readonly problem: Problem;
  readonly classes: readonly string[];
  readonly rowCount: number;
  readonly numbers: readonly string[];
  readonly categories: readonly { readonly name: string; readonly size: number }[];
  readonly folds: Omit<Folds, 'assignments'>;
}

/** Stores a training set as one blob. */
export async function writeTrainingSet(set: TrainingSet, blobs: Blobs): Promise<string> {
  const { features, folds } = set;
  const arrays: Record<string, Float64Array | Float32Array | Int32Array | Uint8Array> = { target: set.target };
  if (set.weights !== undefined) arrays.weights = set.weights;
  if (set.groups !== undefined) arrays.groups = set.groups;
  features.numbers.forEach((feature, i) => {
    arrays[`number${i}`] = feature.values;
  });
  features.categories.forEach((feature, i) => {
    arrays[`category${i}`] = feature.codes;
  });
  folds.assignments.forEach((assignment, i) => {
    arrays[`fold${i}`] = assignment;
  });
  const header: Header = {
    problem: set.problem,
    classes: set.classes,
    rowCount: features.rowCount,
    numbers: features.numbers.map(({ name }) => name),
    categories: features.categories.map(({ name, size }) => ({ name, size })),
    folds: { kind: folds.kind, count: folds.count, repeats: folds.repeats },
  };
  return blobs.put(encodeArrays(header, arrays));
}

/** What a reader of training sets needs. */
export interface TrainingSetSource {
  readonly blobs: Blobs;
  cached<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** Reads a training set; decoded once and shared by the calls of a process. */
export function readTrainingSet(hash: string, source: TrainingSetSource): Promise<TrainingSet> {
  return source.cached(`training-set ${hash}`, async () => {
    const { json, arrays } = decodeArrays(await source.blobs.get(hash));
    const header = json as Header;
    const array = <T>(name: string): T => arrays[name] as T;
    return {
      problem: header.problem,
      classes: header.classes,
      features: {
        rowCount: header.rowCount,
        numbers: header.numbers.map((name, i) => ({ name, values: array<Float32Array>(`number${i}`) })),
        categories: header.categories.map(({ name, size }, i) => ({
          name,
          size,
          codes: array<Int32Array>(`category${i}`),
        })),
      },
      target: array<Float64Array>('target'),
      ...(arrays.weights === undefined ? {} : { weights: array<Float64Array>('weights') }),
      ...(arrays.groups === undefined ? {} : { groups: array<Int32Array>('groups') }),
      folds: {
        ...header.folds,
        assignments: Array.from({ length: header.folds.repeats }, (_, i) => array<Uint8Array>(`fold${i}`)),
      },
    };
  });
}

/** What a learner is told of a set, or of a part of its rows. */
export function factsOf(set: TrainingSet, rowCount: number = set.features.rowCount): LearnerFacts {
  return {
    ...set.problem,
    rowCount,
    numberCount: set.features.numbers.length,
    categorySizes: set.features.categories.map(({ size }) => size),
    missingShare: missingShare(set.features),
  };
}

function missingShare(features: Features): number {
  const cells = features.rowCount * (features.numbers.length + features.categories.length);
  if (cells === 0) return 0;
  let missing = 0;
  for (const { values } of features.numbers)
    for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row]!)) missing++;
  for (const { codes } of features.categories)
    for (let row = 0; row < codes.length; row++) if (codes[row] === 0) missing++;
  return missing / cells;
}

/** Some rows of a set. */
export function takeRowsOf(set: TrainingRows, rows: Uint32Array): TrainingRows {
  return {
    features: takeFeatures(set.features, rows),
    target: takeValues(set.target, rows),
    ...(set.weights === undefined ? {} : { weights: takeValues(set.weights, rows) }),
  };
}
