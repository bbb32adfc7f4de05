import { codesOfBins } from './bin-features.ts';
import type { ThreadContext } from './thread-context.ts';
import type { TreeSplits } from './tree-splits.ts';

/**
 * Trees in flat arrays. Nodes of tree `t` are `nodeStart[t]` … `nodeStart[t + 1]`, its leaves `leafStart[t]` …; children count
 * from the start of their tree, and a negative child is ~leaf. A number goes left where value ≤ threshold; a category where it is in
 * the node's set. A tree has at least one node.
 */
export interface Forest {
  readonly numberCount: number;
  readonly categorySizes: readonly number[];
  /** Columns of raw scores; tree `t` adds to column `treeClass[t]`. */
  readonly classes: number;
  readonly base: Float64Array;
  readonly treeClass: Int32Array;
  readonly nodeStart: Int32Array;
  readonly leafStart: Int32Array;
  readonly feature: Int32Array;
  readonly threshold: Float32Array;
  readonly isMissingLeft: Uint8Array;
  /** Number of the category set of a node, −1 for a threshold. */
  readonly set: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly gain: Float64Array;
  readonly leafValue: Float32Array;
  readonly setStart: Int32Array;
  readonly setCodes: Int32Array;
}

interface StoredTree {
  readonly classIndex: number;
  readonly splits: TreeSplits;
  readonly values: Float64Array;
}

/** Takes trees as they grow, and makes a forest of the first of them. */
export class ForestBuilder {
  readonly #context: ThreadContext;
  readonly #trees: StoredTree[] = [];

  constructor(context: ThreadContext) {
    this.#context = context;
  }

  /** Number of trees so far. */
  get size(): number {
    return this.#trees.length;
  }

  add(classIndex: number, splits: TreeSplits, values: Float64Array): void {
    const { count } = splits;
    const copy: TreeSplits = {
      count,
      leaf: splits.leaf.slice(0, count),
      feature: splits.feature.slice(0, count),
      bin: splits.bin.slice(0, count),
      isMissingLeft: splits.isMissingLeft.slice(0, count),
      isCategory: splits.isCategory.slice(0, count),
      bits: splits.bits.slice(0, count * 8),
      gain: splits.gain.slice(0, count),
      left: splits.left.slice(0, count),
      right: splits.right.slice(0, count),
    };
    this.#trees.push({ classIndex, splits: copy, values: values.slice() });
  }

  build(base: Float64Array, treeCount: number): Forest {
    const { plan, float32, int32, uint8 } = this.#context;
    const trees = this.#trees.slice(0, treeCount);
    const nodes = trees.reduce((sum, tree) => sum + tree.splits.count, 0);
    const forest = {
      numberCount: plan.numberCount,
      categorySizes: plan.categories.map(({ size }) => size),
      classes: plan.classes,
      base: base.slice(),
      treeClass: Int32Array.from(trees, (tree) => tree.classIndex),
      nodeStart: new Int32Array(trees.length + 1),
      leafStart: new Int32Array(trees.length + 1),
      feature: new Int32Array(nodes),
      threshold: new Float32Array(nodes),
      isMissingLeft: new Uint8Array(nodes),
      set: new Int32Array(nodes).fill(-1),
      left: new Int32Array(nodes),
      right: new Int32Array(nodes),
      gain: new Float64Array(nodes),
      leafValue: new Float32Array(nodes + trees.length),
    };
    const setStart = [0];
    const setCodes: number[] = [];
    const binCodes = plan.categories.map((_, category) =>
      codesOfBins(plan, uint8, category, int32[(plan.at.binCounts >>> 2) + plan.numberCount + category]!),
    );
    trees.forEach(({ splits, values }, t) => {
      const at = forest.nodeStart[t]!;
      forest.nodeStart[t + 1] = at + splits.count;
      forest.leafStart[t + 1] = forest.leafStart[t]! + values.length;
      forest.feature.set(splits.feature, at);
      forest.isMissingLeft.set(splits.isMissingLeft, at);
      forest.left.set(splits.left, at);
      forest.right.set(splits.right, at);
      forest.gain.set(splits.gain, at);
      forest.leafValue.set(values, forest.leafStart[t]!);
      for (let i = 0; i < splits.count; i++) {
        const feature = splits.feature[i]!;
        if (splits.isCategory[i] === 0) {
          forest.threshold[at + i] = float32[((plan.at.edges + feature * 1024) >>> 2) + splits.bin[i]!]!;
          continue;
        }
        forest.set[at + i] = setStart.length - 1;
        const codes: number[] = [];
        binCodes[feature - plan.numberCount]!.forEach((code, bin) => {
          if ((splits.bits[8 * i + (bin >>> 5)]! >>> (bin & 31)) & 1) codes.push(code);
        });
        setCodes.push(...codes.sort((a, b) => a - b));
        setStart.push(setCodes.length);
      }
    });
    return { ...forest, setStart: Int32Array.from(setStart), setCodes: Int32Array.from(setCodes) };
  }
}
