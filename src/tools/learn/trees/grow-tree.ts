import { type HistogramKernel, histogramBytes } from './kernels.ts';
import { type Block, chunkRows } from './plan.ts';
import { RowPartition } from './row-partition.ts';
import { findSplit, leafGain, missingHeavier, missingLeft, recordLength } from './split-search.ts';
import type { ThreadContext } from './thread-context.ts';
import { createTreeSplits, type TreeSplits } from './tree-splits.ts';

/**
 * Grows one tree leaf by leaf, always at the largest gain (best-first: Shi, "Best-first decision tree learning", 2007; LightGBM).
 *
 * The same code runs on every thread over the same state: each builds histograms of its own features and proposes its best
 * split; after a barrier all read all proposals and take the same one. Sums are over the rows of one feature in the order of
 * the rows, so the number of threads changes nothing.
 */
export class TreeGrower {
  readonly splits: TreeSplits;
  readonly partition: RowPartition;
  leafCount = 0;
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** l2 of a leaf's value: larger below a split of several categories. */
  readonly l2: Float64Array;

  readonly #context: ThreadContext;
  readonly #blocks: readonly Block[];
  readonly #features: Int32Array;
  readonly #slot: Int32Array;
  readonly #free: number[] = [];
  readonly #depth: Int32Array;
  /** Gain of the best split of a leaf, −1 where there is none. */
  readonly #gain: Float64Array;
  /** The best split of each leaf: a copy of its record. */
  readonly #records: Float64Array;
  readonly #recordWords: Uint32Array;
  /** Where the parent of a leaf refers to it: 2 × split + side. */
  readonly #parent: Int32Array;

  constructor(context: ThreadContext) {
    const { plan, thread } = context;
    const { leaves } = plan.options;
    this.#context = context;
    this.splits = createTreeSplits(leaves);
    this.start = new Int32Array(leaves);
    this.count = new Int32Array(leaves);
    this.gradient = new Float64Array(leaves);
    this.hessian = new Float64Array(leaves);
    this.l2 = new Float64Array(leaves);
    this.#slot = new Int32Array(leaves);
    this.#depth = new Int32Array(leaves);
    this.#gain = new Float64Array(leaves);
    this.#records = new Float64Array(leaves * recordLength);
    this.#recordWords = new Uint32Array(this.#records.buffer);
    this.#parent = new Int32Array(leaves);
    this.#blocks = plan.blocks.filter((block) => block.owner === thread);
    this.#features = Int32Array.from(
      this.#blocks.flatMap((block) => Array.from({ length: block.width }, (_, k) => block.firstFeature + k)),
    );
    this.partition = new RowPartition(context, this.splits);
  }

  /** Grows a tree over the first `bagCount` of the listed rows; their pairs sum to `gradient` and `hessian`. */
  grow(gradient: number, hessian: number): void {
    const { plan, barrier } = this.#context;
    const { options } = plan;
    this.splits.count = 0;
    this.leafCount = 1;
    this.start[0] = 0;
    this.count[0] = plan.bagCount;
    this.gradient[0] = gradient;
    this.hessian[0] = hessian;
    this.l2[0] = options.l2;
    this.#depth[0] = 0;
    this.#parent[0] = -1;
    this.#gain[0] = -1;
    this.#free.length = 0;
    for (let slot = plan.slots - 1; slot >= 0; slot--) this.#free.push(slot);
    if (plan.bagCount < 2 * options.minChildSamples) return;

    this.#slot[0] = this.#takeSlot(-1, -1);
    this.#countHistograms(0, plan.bagCount === plan.rowCount);
    this.#propose(0, 0);
    barrier();
    this.#decide(0, 0);
    while (this.leafCount < options.leaves) {
      const leaf = this.#mostPromising();
      if (leaf < 0) break;
      this.#split(leaf);
    }
  }

  #mostPromising(): number {
    let best = -1;
    for (let leaf = 0; leaf < this.leafCount; leaf++) {
      if (this.#gain[leaf]! > 0 && (best < 0 || this.#gain[leaf]! > this.#gain[best]!)) best = leaf;
    }
    return best;
  }

  #split(left: number): void {
    const { plan, kernels, barrier } = this.#context;
    const { options } = plan;
    const right = this.leafCount++;
    this.#recordSplit(left, right);
    const leftCount = this.partition.splitShared(this.splits.count - 1, this.start[left]!, this.count[left]!);
    const at = left * recordLength;
    const leftGradient = this.#records[at + 3]!;
    const leftHessian = this.#records[at + 4]!;
    this.start[right] = this.start[left]! + leftCount;
    this.count[right] = this.count[left]! - leftCount;
    this.count[left] = leftCount;
    this.gradient[right] = this.gradient[left]! - leftGradient;
    this.hessian[right] = this.hessian[left]! - leftHessian;
    this.gradient[left] = leftGradient;
    this.hessian[left] = leftHessian;
    this.l2[left] = this.l2[right] = this.#records[at + 7]!;
    this.#depth[right] = ++this.#depth[left]!;
    this.#gain[left] = this.#gain[right] = -1;

    const small = this.count[left]! <= this.count[right]! ? left : right;
    const large = small === left ? right : left;
    const parentSlot = this.#slot[left]!;
    this.#slot[left] = this.#slot[right] = -1;
    const isDeepest = options.maxDepth > 0 && this.#depth[left]! >= options.maxDepth;
    if (this.leafCount === options.leaves || isDeepest || this.count[large]! < 2 * options.minChildSamples) {
      if (parentSlot >= 0) this.#free.push(parentSlot);
      return;
    }
    if (parentSlot >= 0) {
      this.#slot[large] = parentSlot;
      this.#slot[small] = this.#takeSlot(small, large);
      this.#countHistograms(small, false);
      for (const feature of this.#features) {
        const bins = this.#bins(feature) + 1;
        kernels.subtractHistogram(this.#histogram(large, feature), this.#histogram(small, feature), bins);
      }
    } else {
      this.#slot[large] = this.#takeSlot(small, large);
      this.#slot[small] = this.#takeSlot(small, large);
      this.#countHistograms(small, false);
      this.#countHistograms(large, false);
    }
    this.#propose(left, 0);
    this.#propose(right, 1);
    barrier();
    this.#decide(left, 0);
    this.#decide(right, 1);
  }

  #recordSplit(left: number, right: number): void {
    const { splits } = this;
    const i = splits.count++;
    const at = left * recordLength;
    const missing = this.#records[at + 5]!;
    splits.leaf[i] = left;
    splits.feature[i] = this.#records[at + 1]!;
    splits.bin[i] = this.#records[at + 2]!;
    const isLeftHeavier = 2 * this.#records[at + 4]! >= this.hessian[left]!;
    splits.isMissingLeft[i] = missing === missingLeft || (missing === missingHeavier && isLeftHeavier) ? 1 : 0;
    splits.isCategory[i] = this.#records[at + 6]!;
    splits.bits.set(this.#recordWords.subarray(2 * (at + 8), 2 * (at + 12)), 8 * i);
    splits.gain[i] = this.#gain[left]!;
    splits.left[i] = ~left;
    splits.right[i] = ~right;
    const parent = this.#parent[left]!;
    if (parent >= 0) (parent % 2 === 0 ? splits.left : splits.right)[parent >> 1] = i;
    this.#parent[left] = 2 * i;
    this.#parent[right] = 2 * i + 1;
  }

  #bins(feature: number): number {
    const { plan, int32 } = this.#context;
    return int32[(plan.at.binCounts >>> 2) + feature]!;
  }

  #histogram(leaf: number, feature: number): number {
    const { plan } = this.#context;
    return plan.at.histograms + (this.#slot[leaf]! * plan.featureCount + feature) * histogramBytes;
  }

  /** A free place for histograms; else that of the leaf with the least gain, other than these two. */
  #takeSlot(a: number, b: number): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    let least = -1;
    for (let leaf = 0; leaf < this.leafCount; leaf++) {
      if (leaf === a || leaf === b || this.#slot[leaf]! < 0) continue;
      if (least < 0 || this.#gain[leaf]! < this.#gain[least]!) least = leaf;
    }
    const slot = this.#slot[least]!;
    this.#slot[least] = -1;
    return slot;
  }

  /** Sums the pairs of a leaf's rows by bin, chunk by chunk, so that the pairs stay in the first cache for all blocks. */
  #countHistograms(leaf: number, isAllRows: boolean): void {
    const { plan, thread, kernels } = this.#context;
    const { at } = plan;
    for (const feature of this.#features) {
      kernels.zeroBytes(this.#histogram(leaf, feature), (this.#bins(feature) + 1) * 16);
    }
    const ordered = at.ordered + thread * chunkRows * 16;
    const end = this.start[leaf]! + this.count[leaf]!;
    for (let from = this.start[leaf]!; from < end; from += chunkRows) {
      const count = Math.min(chunkRows, end - from);
      let walk: readonly HistogramKernel[] = isAllRows ? kernels.histogramAll : kernels.histogramGather;
      for (const block of this.#blocks) {
        const bins = isAllRows ? block.bins + from * block.stride : block.bins;
        const pairs = isAllRows ? at.pairs + from * 16 : at.pairs;
        const histogram = this.#histogram(leaf, block.firstFeature);
        walk[block.width]!(bins, block.stride, at.rows + from * 4, count, pairs, ordered, histogram);
        if (!isAllRows) walk = kernels.histogramOrdered;
      }
    }
  }

  #propose(leaf: number, record: number): void {
    findSplit(
      this.#context,
      this.#features,
      {
        histograms: this.#histogram(leaf, 0),
        count: this.count[leaf]!,
        gradient: this.gradient[leaf]!,
        hessian: this.hessian[leaf]!,
      },
      record,
    );
  }

  /** Takes the best of all threads' proposals for a leaf; a leaf without one gives its histograms back. */
  #decide(leaf: number, record: number): void {
    const { plan, float64 } = this.#context;
    let best = -1;
    for (let thread = 0; thread < plan.threads; thread++) {
      const at = ((plan.at.records + thread * 256) >>> 3) + record * recordLength;
      if (float64[at]! < 0) continue;
      const isBetter = best < 0 || float64[at]! > float64[best]!;
      const isTie = best >= 0 && float64[at]! === float64[best]! && float64[at + 1]! < float64[best + 1]!;
      if (isBetter || isTie) best = at;
    }
    if (best < 0) {
      this.#gain[leaf] = -1;
      this.#free.push(this.#slot[leaf]!);
      this.#slot[leaf] = -1;
      return;
    }
    this.#gain[leaf] = float64[best]! - leafGain(this.gradient[leaf]!, this.hessian[leaf]!, plan.options.l2);
    this.#records.set(float64.subarray(best, best + recordLength), leaf * recordLength);
  }
}
