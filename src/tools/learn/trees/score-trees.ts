import type { Features } from '../learner.ts';
import type { Forest } from './forest.ts';

/** Rows whose scores stay in the first cache while all trees are walked. */
const blockRows = 256;

/** Sets of categories as bits: set `s` has its words from `start[s]`; codes beyond are no members. */
export interface CategoryBits {
  readonly start: Int32Array;
  readonly words: Uint32Array;
}

/** Makes the bits of all category sets; each has room for every code of its feature. */
export function categoryBits(forest: Forest): CategoryBits {
  const sets = forest.setStart.length - 1;
  const start = new Int32Array(sets + 1);
  const sizeOf = new Int32Array(sets);
  forest.set.forEach((set, node) => {
    if (set >= 0) sizeOf[set] = forest.categorySizes[forest.feature[node]! - forest.numberCount]!;
  });
  for (let set = 0; set < sets; set++) start[set + 1] = start[set]! + (sizeOf[set]! >>> 5) + 1;
  const words = new Uint32Array(start[sets]!);
  for (let set = 0; set < sets; set++) {
    for (let i = forest.setStart[set]!; i < forest.setStart[set + 1]!; i++) {
      const code = forest.setCodes[i]!;
      words[start[set]! + (code >>> 5)]! |= 1 << (code & 31);
    }
  }
  return { start, words };
}

/** Raw scores by walking each tree, a block of rows at a time. Writes `out` column by column: [classes][rowCount]. */
export function scoreTrees(forest: Forest, bits: CategoryBits, features: Features, out: Float64Array): void {
  const { rowCount } = features;
  const columns = [...features.numbers.map(({ values }) => values), ...features.categories.map(({ codes }) => codes)];
  for (let k = 0; k < forest.classes; k++) out.fill(forest.base[k]!, k * rowCount, (k + 1) * rowCount);
  for (let from = 0; from < rowCount; from += blockRows) {
    const to = Math.min(rowCount, from + blockRows);
    for (let tree = 0; tree < forest.treeClass.length; tree++) {
      const place = forest.treeClass[tree]! * rowCount;
      const leaves = forest.leafStart[tree]!;
      for (let row = from; row < to; row++) {
        const value = forest.leafValue[leaves + leafOf(forest, bits, columns, tree, row)]!;
        out[place + row] = out[place + row]! + value;
      }
    }
  }
}

/** The leaf of a tree that a row falls into. */
export function leafOf(
  forest: Forest,
  bits: CategoryBits,
  columns: readonly (Float32Array | Int32Array)[],
  tree: number,
  row: number,
): number {
  const root = forest.nodeStart[tree]!;
  let child = 0;
  while (child >= 0) {
    const node = root + child;
    const value = columns[forest.feature[node]!]![row]!;
    const set = forest.set[node]!;
    let isLeft: boolean;
    if (set >= 0) {
      const word = bits.start[set]! + (value >>> 5);
      isLeft = value >= 0 && word < bits.start[set + 1]! && ((bits.words[word]! >>> (value & 31)) & 1) === 1;
    } else {
      isLeft = value <= forest.threshold[node]! || (forest.isMissingLeft[node] === 1 && Number.isNaN(value));
    }
    child = isLeft ? forest.left[node]! : forest.right[node]!;
  }
  return ~child;
}
