import { histogramBytes, widestBlock } from './kernels.ts';
import type { TreesOptions } from './options.ts';

/** Up to eight neighbouring features that one kernel takes together. Row `i` has its bins at `bins + i * stride`. */
export interface Block {
  readonly firstFeature: number;
  readonly width: number;
  /** The thread that bins it, builds its histograms and searches its splits. */
  readonly owner: number;
  readonly bins: number;
  readonly stride: number;
}

/** Everything that the threads of a fit must agree on; plain data, so that it can be posted. Addresses are byte offsets. */
export interface Plan {
  readonly options: TreesOptions;
  /** Trees a round: the number of classes for softmax, else 1. */
  readonly classes: number;
  readonly rowCount: number;
  /** Rows to learn from, then rows to validate on: row `rowCount` is the first of these. */
  readonly allRows: number;
  /** Rows drawn for each round. */
  readonly bagCount: number;
  readonly numberCount: number;
  readonly featureCount: number;
  readonly hasWeights: boolean;
  /** A gain has to be above this to be more than rounding. */
  readonly gainFloor: number;
  readonly threads: number;
  readonly blocks: readonly Block[];
  /** Table of uint8 from code to bin of each categorical feature, with one entry more for codes beyond `size`. */
  readonly categories: readonly { readonly table: number; readonly size: number }[];
  /** Leaves whose histograms are held at the same time. */
  readonly slots: number;
  readonly bytes: number;
  readonly at: {
    /** Two int32 of the barrier. */
    readonly barrier: number;
    /** int32: 1 tells the threads that there is no further round. */
    readonly stop: number;
    /** int32 a thread, 64 bytes apart: rows that its piece of a partition put left. */
    readonly leftCounts: number;
    /** The best split a thread and candidate leaf; see `split-record.ts`. */
    readonly records: number;
    /** 512 bytes a thread: three pairs, then a table of 256 bytes. */
    readonly scratch: number;
    /** uint8 a feature: drawn for this tree. */
    readonly drawn: number;
    /** int32 a feature: bins without the one of missing values (which comes next). */
    readonly binCounts: number;
    /** 256 float32 a numeric feature, ascending, filled up with Infinity. */
    readonly edges: number;
    /** Two float64 a 1,024 rows: partial sums of the root. */
    readonly chunkSums: number;
    /** float64 a leaf. */
    readonly leafValues: number;
    readonly targets: number;
    readonly weights: number;
    /** float64 a row, one column a class. */
    readonly scores: number;
    readonly probabilities: number;
    readonly columnBytes: number;
    readonly pairs: number;
    /** Pairs in the order of a leaf's rows, for 1,024 of them, a thread. */
    readonly ordered: number;
    /** uint32 rows, grouped by leaf. */
    readonly rows: number;
    /** Rows of this round's draw, then the rows left out of it and those of validation. */
    readonly bag: number;
    readonly leftTemporary: number;
    readonly rightTemporary: number;
    readonly histograms: number;
    /** Columns on their way to bins: `stagingColumns` a thread. */
    readonly staging: number;
    readonly stagingBytes: number;
  };
}

/** What the layout depends on. */
export interface PlanFacts {
  readonly options: TreesOptions;
  readonly classes: number;
  readonly rowCount: number;
  readonly validationCount: number;
  readonly numberCount: number;
  readonly categorySizes: readonly number[];
  readonly hasWeights: boolean;
  readonly gainFloor: number;
  readonly threads: number;
  /** Fewer places for histograms than the memory would allow; for tests. */
  readonly mostSlots?: number;
}

/** Rows that are summed, gathered and binned at a time, so that they stay in the first cache. */
export const chunkRows = 1024;

/** Bytes that histograms may take; beyond it the least promising leaves lose theirs and are counted again. */
const histogramBudget = 1 << 30;

/** Cells (rows × features) below which more threads cost more than they give. */
const cellsPerThread = 100_000;

/** The number of threads that pays for a fit of this size. */
export function usefulThreads(available: number, rowCount: number, featureCount: number): number {
  return Math.max(1, Math.min(available, featureCount, Math.floor((rowCount * featureCount) / cellsPerThread)));
}

/** Lays out the memory of a fit. */
export function layOut(facts: PlanFacts): Plan {
  const { options, classes, rowCount, threads } = facts;
  const featureCount = facts.numberCount + facts.categorySizes.length;
  let top = 1024;
  const take = (bytes: number): number => {
    const at = top;
    top += Math.ceil(bytes / 128) * 128;
    return at;
  };
  // First, because it must be at the same place in every fit.
  const barrier = take(128);
  // One row more, because kernels take two rows at a time.
  const allRows = rowCount + facts.validationCount;
  const padded = allRows + 2;
  const columnBytes = Math.ceil((padded * 8) / 128) * 128;
  const leaves = options.leaves;
  const affordable = Math.floor(histogramBudget / (featureCount * histogramBytes));
  const slots = Math.max(3, Math.min(leaves, affordable, facts.mostSlots ?? leaves));
  const bagCount = Math.min(rowCount, Math.max(1, Math.round(rowCount * options.rowShare)));
  const stagingBytes = Math.ceil((padded * 4) / 128) * 128;

  const sizes: { firstFeature: number; width: number; owner: number }[] = [];
  const blockCount = Math.min(featureCount, Math.ceil(Math.ceil(featureCount / widestBlock) / threads) * threads);
  for (let i = 0; i < blockCount; i++) {
    const firstFeature = Math.round((featureCount * i) / blockCount);
    const width = Math.round((featureCount * (i + 1)) / blockCount) - firstFeature;
    sizes.push({ firstFeature, width, owner: Math.floor((i * threads) / blockCount) });
  }
  const blocks: Block[] = [];
  for (let owner = 0; owner < threads; owner++) {
    const mine = sizes.filter((block) => block.owner === owner);
    const stride = mine.length * widestBlock;
    const panel = take(allRows * stride + 64);
    mine.forEach((block, i) => {
      blocks.push({ ...block, bins: panel + i * widestBlock, stride });
    });
  }
  const categories = facts.categorySizes.map((size) => ({ table: take(size + 1), size }));
  const at = {
    barrier,
    stop: take(128),
    leftCounts: take(64 * threads),
    records: take(256 * threads),
    scratch: take(512 * threads),
    drawn: take(featureCount),
    binCounts: take(featureCount * 4),
    edges: take(facts.numberCount * 1024),
    chunkSums: take((Math.ceil(rowCount / chunkRows) + 1) * 16),
    leafValues: take(leaves * 8),
    targets: take(padded * 8),
    weights: take(facts.hasWeights ? padded * 8 : 0),
    scores: take(columnBytes * classes),
    probabilities: take(classes > 1 ? columnBytes * classes : 0),
    columnBytes,
    pairs: take(padded * 16),
    ordered: take(chunkRows * 16 * threads),
    rows: take(padded * 4),
    bag: take(padded * 4),
    leftTemporary: take(padded * 4),
    rightTemporary: take(padded * 4),
    histograms: take(slots * featureCount * histogramBytes),
    staging: take(threads * widestBlock * stagingBytes),
    stagingBytes,
  };
  return {
    options,
    classes,
    rowCount,
    allRows,
    bagCount,
    numberCount: facts.numberCount,
    featureCount,
    hasWeights: facts.hasWeights,
    gainFloor: facts.gainFloor,
    threads,
    blocks,
    categories,
    slots,
    bytes: top,
    at,
  };
}
