import type { ThreadContext } from './thread-context.ts';
import { type TreeSplits, writeSides } from './tree-splits.ts';

/** Rows below which one thread partitions a leaf alone. */
const sharedRows = 3000;

/** Orders ranges of the list of rows by the side that a split sends each row to; the order within a side stays. */
export class RowPartition {
  readonly #context: ThreadContext;
  readonly #splits: TreeSplits;
  readonly #blockOf: Int32Array;

  constructor(context: ThreadContext, splits: TreeSplits) {
    const { plan } = context;
    this.#context = context;
    this.#splits = splits;
    this.#blockOf = new Int32Array(plan.featureCount);
    plan.blocks.forEach((block, i) => {
      this.#blockOf.fill(i, block.firstFeature, block.firstFeature + block.width);
    });
  }

  /** Partitions a range with all threads, which must call it together; returns how many rows go left. */
  splitShared(split: number, start: number, count: number): number {
    const { plan, thread, kernels, barrier, int32 } = this.#context;
    const { at, threads } = plan;
    // Two places in turn: a fast thread may write the next count before a slow one has read this.
    const counts = (at.leftCounts >>> 2) + (split % 2) * 8;
    if (threads === 1 || count < sharedRows) {
      if (thread === 0) int32[counts] = this.splitAlone(split, start, count);
      barrier();
      return int32[counts]!;
    }
    const from = Math.floor((count * thread) / threads);
    const to = Math.floor((count * (thread + 1)) / threads);
    const place = (start + from) * 4;
    const left = this.#route(split, start + from, to - from, at.leftTemporary + place);
    int32[counts + 16 * thread] = left;
    barrier();
    let allLeft = 0;
    let leftBefore = 0;
    for (let t = 0; t < threads; t++) {
      if (t === thread) leftBefore = allLeft;
      allLeft += int32[counts + 16 * t]!;
    }
    kernels.copyBytes(at.rows + (start + leftBefore) * 4, at.leftTemporary + place, left * 4);
    const rightPlace = at.rows + (start + allLeft + from - leftBefore) * 4;
    kernels.copyBytes(rightPlace, at.rightTemporary + place, (to - from - left) * 4);
    barrier();
    return allLeft;
  }

  /** Partitions a range on this thread; returns how many rows go left. */
  splitAlone(split: number, start: number, count: number): number {
    const { plan, kernels } = this.#context;
    const rows = plan.at.rows + start * 4;
    const left = this.#route(split, start, count, rows);
    kernels.copyBytes(rows + left * 4, plan.at.rightTemporary + start * 4, (count - left) * 4);
    return left;
  }

  #route(split: number, start: number, count: number, left: number): number {
    const { plan, thread, kernels, uint8, int32 } = this.#context;
    const { at } = plan;
    const feature = this.#splits.feature[split]!;
    const block = plan.blocks[this.#blockOf[feature]!]!;
    const table = at.scratch + thread * 512 + 256;
    const bins = int32[(at.binCounts >>> 2) + feature]!;
    writeSides(this.#splits, split, bins, uint8.subarray(table, table + 256));
    const column = block.bins + feature - block.firstFeature;
    const right = at.rightTemporary + start * 4;
    return kernels.partition(column, block.stride, at.rows + start * 4, count, table, left, right);
  }
}
