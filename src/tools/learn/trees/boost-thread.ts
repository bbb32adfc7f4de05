import { TreeGrower } from './grow-tree.ts';
import { chunkRows } from './plan.ts';
import type { ThreadContext } from './thread-context.ts';
import { weightedQuantile } from './weighted-quantile.ts';

/** A thread's part of boosting rounds. Each thread of a fit runs the same rounds; barriers hold them together. */
export class BoostThread {
  readonly grower: TreeGrower;
  readonly #context: ThreadContext;
  readonly #from: number;
  readonly #to: number;
  readonly #outsideStart: Int32Array;
  readonly #outsideCount: Int32Array;

  constructor(context: ThreadContext) {
    const { plan, thread } = context;
    this.#context = context;
    this.grower = new TreeGrower(context);
    this.#outsideStart = new Int32Array(plan.options.leaves);
    this.#outsideCount = new Int32Array(plan.options.leaves);
    // Borders on whole chunks, because the root is summed chunk by chunk whatever the number of threads.
    const border = (t: number): number =>
      t === plan.threads ? plan.rowCount : Math.floor((plan.rowCount * t) / plan.threads) & ~(chunkRows - 1);
    this.#from = border(thread);
    this.#to = border(thread + 1);
  }

  /**
   * One round: a tree a class. The first thread has written the draw of rows and features before, and takes each tree in `onTree`.
   * Returns false where the stop flag was set instead.
   */
  round(onTree?: (classIndex: number, values: Float64Array) => void): boolean {
    const { plan, barrier, int32, kernels } = this.#context;
    const { at } = plan;
    barrier();
    if (int32[at.stop >>> 2] === 1) {
      // All have read the flag before the first thread uses the memory for something else.
      barrier();
      return false;
    }
    if (plan.classes > 1) {
      kernels.softmax(at.scores, at.probabilities, at.columnBytes, plan.classes, this.#from, this.#to);
    }
    for (let classIndex = 0; classIndex < plan.classes; classIndex++) {
      const [gradient, hessian] = this.#prepare(classIndex);
      this.grower.grow(gradient, hessian);
      if (this.grower.leafCount > 1) {
        const values = this.#leafValues(classIndex);
        this.#addScores(classIndex, values);
        onTree?.(classIndex, values);
      }
      barrier();
    }
    return true;
  }

  /** Writes the pairs of this thread's rows and its piece of the list of rows; returns the sums of the root. */
  #prepare(classIndex: number): [number, number] {
    const { plan, thread, barrier, kernels, float64 } = this.#context;
    const { at, bagCount, allRows, threads } = plan;
    const isAllRows = bagCount === plan.rowCount;
    for (let from = this.#from; from < this.#to; from += chunkRows) {
      const to = Math.min(from + chunkRows, this.#to);
      this.#writePairs(classIndex, from, to);
      if (isAllRows) kernels.sumRange(at.pairs, from, to, at.chunkSums + (from / chunkRows) * 16);
    }
    const first = Math.floor((allRows * thread) / threads);
    const last = Math.floor((allRows * (thread + 1)) / threads);
    if (isAllRows) {
      kernels.fillRows(at.rows, first, last);
    } else {
      kernels.copyBytes(at.rows + first * 4, at.bag + first * 4, (last - first) * 4);
      barrier();
      const chunks = Math.ceil(bagCount / chunkRows);
      for (let chunk = thread; chunk < chunks; chunk += threads) {
        const count = Math.min(chunkRows, bagCount - chunk * chunkRows);
        kernels.sumRows(at.pairs, at.rows + chunk * chunkRows * 4, count, at.chunkSums + chunk * 16);
      }
    }
    barrier();
    let gradient = 0;
    let hessian = 0;
    for (let chunk = 0; chunk < Math.ceil(bagCount / chunkRows); chunk++) {
      gradient += float64[(at.chunkSums >>> 3) + 2 * chunk]!;
      hessian += float64[(at.chunkSums >>> 3) + 2 * chunk + 1]!;
    }
    return [gradient, hessian];
  }

  #writePairs(classIndex: number, from: number, to: number): void {
    const { plan, kernels } = this.#context;
    const { at, classes, options } = plan;
    switch (options.objective) {
      case 'logistic':
        kernels.logisticGradients(at.scores, at.targets, at.pairs, from, to);
        break;
      case 'squared':
        kernels.squaredGradients(at.scores, at.targets, at.pairs, from, to);
        break;
      case 'quantile':
        kernels.quantileGradients(at.scores, at.targets, at.pairs, from, to, options.alpha);
        break;
      case 'softmax': {
        const column = at.probabilities + classIndex * at.columnBytes;
        // K / (K − 1): Friedman's (2001) scale of the diagonal hessian.
        kernels.softmaxGradients(column, at.targets, at.pairs, from, to, classIndex, classes / (classes - 1));
        break;
      }
    }
    if (plan.hasWeights) kernels.weighPairs(at.pairs, at.weights, from, to);
  }

  /** Values of the leaves, rounded to float32 here, so that training scores are those of the stored model. */
  #leafValues(classIndex: number): Float64Array {
    const { plan, thread, barrier, float64 } = this.#context;
    const { options, at } = plan;
    const { grower } = this;
    const values = float64.subarray(at.leafValues >>> 3, (at.leafValues >>> 3) + grower.leafCount);
    for (let leaf = thread; leaf < grower.leafCount; leaf += plan.threads) {
      const step =
        options.objective === 'quantile'
          ? this.#residualQuantile(classIndex, leaf)
          : -grower.gradient[leaf]! / (grower.hessian[leaf]! + grower.l2[leaf]!);
      values[leaf] = Math.fround(options.learningRate * step);
    }
    barrier();
    return values;
  }

  /** The smallest residual of a leaf with at least the share alpha of the weight at or below it. */
  #residualQuantile(classIndex: number, leaf: number): number {
    const { plan, int32, float64 } = this.#context;
    const { at } = plan;
    const rows = int32.subarray((at.rows >>> 2) + this.grower.start[leaf]!).subarray(0, this.grower.count[leaf]!);
    const scores = (at.scores + classIndex * at.columnBytes) >>> 3;
    const residual = (row: number): number => float64[(at.targets >>> 3) + row]! - float64[scores + row]!;
    const weight = plan.hasWeights ? (row: number): number => float64[(at.weights >>> 3) + row]! : undefined;
    return weightedQuantile(rows, residual, weight, plan.options.alpha);
  }

  #addScores(classIndex: number, values: Float64Array): void {
    const { plan, thread, kernels } = this.#context;
    const { at, threads, bagCount, allRows } = plan;
    const { grower } = this;
    const { splits } = grower;
    const scores = at.scores + classIndex * at.columnBytes;
    for (let leaf = 0; leaf < grower.leafCount; leaf++) {
      const from = Math.floor((grower.count[leaf]! * thread) / threads);
      const to = Math.floor((grower.count[leaf]! * (thread + 1)) / threads);
      kernels.addToRows(at.rows + (grower.start[leaf]! + from) * 4, to - from, scores, values[leaf]!);
    }
    // Rows that the tree has not seen take the same splits, one after the other.
    const outside = allRows - bagCount;
    if (outside === 0) return;
    const start = this.#outsideStart;
    const count = this.#outsideCount;
    start[0] = bagCount + Math.floor((outside * thread) / threads);
    count[0] = bagCount + Math.floor((outside * (thread + 1)) / threads) - start[0];
    for (let i = 0; i < splits.count; i++) {
      const leaf = splits.leaf[i]!;
      const left = grower.partition.splitAlone(i, start[leaf]!, count[leaf]!);
      start[i + 1] = start[leaf]! + left;
      count[i + 1] = count[leaf]! - left;
      count[leaf] = left;
    }
    for (let leaf = 0; leaf < grower.leafCount; leaf++) {
      kernels.addToRows(at.rows + start[leaf]! * 4, count[leaf]!, scores, values[leaf]!);
    }
  }
}
