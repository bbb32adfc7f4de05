/** Adds the (gradient, hessian) pairs of rows to the bins of a block of features; see `assembly/` and `scripts/build-kernels.mjs`. */
export type HistogramKernel = (
  bins: number,
  stride: number,
  rows: number,
  count: number,
  pairs: number,
  ordered: number,
  histogram: number,
) => void;

/**
 * The inner loops of boosted trees. Every argument that is an address is a byte offset into one memory, which both
 * implementations share; both add in the same order, so their sums are equal bit by bit.
 */
export interface Kernels {
  binNumbers(column: number, count: number, edges: number, missingBin: number, out: number, stride: number): void;
  binCodes(column: number, count: number, table: number, last: number, out: number, stride: number): void;

  logisticGradients(scores: number, targets: number, pairs: number, from: number, to: number): void;
  squaredGradients(scores: number, targets: number, pairs: number, from: number, to: number): void;
  quantileGradients(scores: number, targets: number, pairs: number, from: number, to: number, alpha: number): void;
  softmax(scores: number, out: number, columnBytes: number, classes: number, from: number, to: number): void;
  softmaxGradients(
    probabilities: number,
    targets: number,
    pairs: number,
    from: number,
    to: number,
    label: number,
    factor: number,
  ): void;
  weighPairs(pairs: number, weights: number, from: number, to: number): void;
  sumRange(pairs: number, from: number, to: number, out: number): void;
  sumRows(pairs: number, rows: number, count: number, out: number): void;

  fillRows(rows: number, from: number, to: number): void;
  partition(
    bins: number,
    stride: number,
    rows: number,
    count: number,
    goesLeft: number,
    left: number,
    right: number,
  ): number;
  addToRows(rows: number, count: number, scores: number, value: number): void;
  copyBytes(to: number, from: number, count: number): void;
  zeroBytes(at: number, count: number): void;

  /** By the width of the block, 1 … 8; index 0 is unused. */
  readonly histogramAll: readonly HistogramKernel[];
  readonly histogramGather: readonly HistogramKernel[];
  readonly histogramOrdered: readonly HistogramKernel[];
  subtractHistogram(a: number, b: number, bins: number): void;
  findBoundary(
    histogram: number,
    boundaries: number,
    total: number,
    start: number,
    minHessian: number,
    l2: number,
    best: number,
    out: number,
  ): number;
}

/** Scores a block of rows with every tree; only the WebAssembly kernels have it. */
export type ScoreKernel = (
  block: number,
  rows: number,
  trees: number,
  treeCount: number,
  out: number,
  scratch: number,
) => void;

/** Widest block of features that one histogram kernel takes. */
export const widestBlock = 8;

/** Bytes of one feature's histogram: 256 bins of two float64. */
export const histogramBytes = 4096;
