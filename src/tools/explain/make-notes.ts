import type { Preparation } from '../data/prepare/preparation.ts';
import type { Features, FittedModel } from '../learn/learner.ts';
import { type Encoding, encode, layoutOf } from '../learn/linear/encoding.ts';
import { selectFeatures } from '../learn/select-features.ts';
import { categoryBits, leafOf } from '../learn/trees/score-trees.ts';
import { TreesModel } from '../learn/trees/trees-model.ts';
import { type ExplanationNotes, type MemberNotes, packCounts } from './explanation-notes.ts';

/** A member of a blend, and the numbers of the features that it uses (all where none are named). */
export interface ExplainedMember {
  readonly model: FittedModel;
  readonly weight: number;
  readonly features?: readonly number[];
}

/**
 * What has to be known of the rows that a model learned from, so that its predictions can be explained: for linear models the mean
 * of what each feature adds, for trees the rows in each leaf. Undefined where a member is neither.
 */
export function makeNotes(
  members: readonly ExplainedMember[],
  features: Features,
  preparation: Preparation,
): ExplanationNotes | undefined {
  const inputs = inputOfFeature(preparation);
  const made: MemberNotes[] = [];
  for (const { model, weight, features: kept } of members) {
    if (weight <= 0) continue;
    const own = kept === undefined ? inputs : kept.map((feature) => inputs[feature]!);
    const notes = notesOf(model, weight, selectFeatures(features, kept), own);
    if (notes === undefined) return undefined;
    made.push(notes);
  }
  return { formatVersion: 1, rows: features.rowCount, members: made };
}

/** The position of the column that each feature is made from. */
function inputOfFeature({ columns }: Preparation): number[] {
  const numbers = columns.flatMap((column, input) => {
    if (column.kind === 'category') return [];
    return column.kind === 'datetime' ? column.parts.map(() => input) : [input];
  });
  return [...numbers, ...columns.flatMap(({ kind }, input) => (kind === 'category' ? [input] : []))];
}

function notesOf(model: FittedModel, weight: number, features: Features, inputs: number[]): MemberNotes | undefined {
  if (model instanceof TreesModel) return treeNotes(model, weight, features, inputs);
  if (model.learner === 'linear') return linearNotes(model, weight, features, inputs);
  if (model.learner !== 'baseline') return undefined;
  const outputs = [...model.predict({ ...features, rowCount: 1 })];
  return { kind: 'constant', weight, expected: outputs };
}

function treeNotes({ forest }: TreesModel, weight: number, features: Features, inputs: number[]): MemberNotes {
  const bits = categoryBits(forest);
  const columns = [...features.numbers.map(({ values }) => values), ...features.categories.map(({ codes }) => codes)];
  const covers = new Uint32Array(Math.max(1, forest.leafValue.length));
  const expected = Float64Array.from(forest.base);
  forest.treeClass.forEach((output, tree) => {
    const first = forest.leafStart[tree]!;
    const end = forest.leafStart[tree + 1]!;
    for (let row = 0; row < features.rowCount; row++) covers[first + leafOf(forest, bits, columns, tree, row)]!++;
    let sum = 0;
    let total = 0;
    for (let leaf = first; leaf < end; leaf++) {
      // A leaf that none of these rows reaches still needs a share, or nothing below it could be weighed.
      if (covers[leaf] === 0) covers[leaf] = 1;
      sum += covers[leaf]! * forest.leafValue[leaf]!;
      total += covers[leaf]!;
    }
    expected[output]! += sum / total;
  });
  return { kind: 'trees', weight, expected: [...expected], inputs, covers: packCounts(covers) };
}

/** Rows that are encoded at once. */
const chunk = 4096;

function linearNotes(model: FittedModel, weight: number, features: Features, inputs: number[]): MemberNotes {
  const { json, arrays } = model.toState();
  const { encoding } = json as { encoding: Encoding };
  const { coefficients, intercepts } = arrays as Readonly<Record<'coefficients' | 'intercepts', Float64Array>>;
  const layout = layoutOf(encoding);
  const outputs = intercepts.length;
  const means = new Float64Array(layout.columnCount);
  for (let start = 0; start < features.rowCount; start += chunk) {
    const { rowCount, denseCount, dense, groups } = encode(
      encoding,
      features,
      start,
      Math.min(features.rowCount, start + chunk),
    );
    for (let row = 0; row < rowCount; row++) {
      for (let j = 0; j < denseCount; j++) means[j]! += dense[row * denseCount + j]! / features.rowCount;
      for (const group of groups) if (group[row]! >= 0) means[group[row]!]! += 1 / features.rowCount;
    }
  }
  const owner = new Int32Array(layout.columnCount);
  encoding.numbers.forEach(({ knots }, f) => {
    owner[f] = f;
    for (let k = 0; k < knots.length; k++) owner[layout.hinges[f]! + k] = f;
    if (layout.missing[f]! >= 0) owner[layout.missing[f]!] = f;
  });
  encoding.categories.forEach(({ columnCount }, f) => {
    for (let c = 0; c < columnCount; c++) owner[layout.categories[f]! + c] = encoding.numbers.length + f;
  });
  const added = new Float64Array(inputs.length * outputs);
  const expected = [...intercepts];
  for (let column = 0; column < layout.columnCount; column++) {
    for (let k = 0; k < outputs; k++) {
      const value = means[column]! * coefficients[k * layout.columnCount + column]!;
      added[owner[column]! * outputs + k]! += value;
      expected[k]! += value;
    }
  }
  return {
    kind: 'linear',
    weight,
    expected,
    inputs,
    knots: encoding.numbers.map(({ knots }) => knots.length),
    missing: encoding.numbers.some(({ missing }) => missing),
    means: [...added],
  };
}
