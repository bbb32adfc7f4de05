import type { Features } from '../learner.ts';
import { findEdges, tabulateCategories, ValueSorter } from './bin-edges.ts';
import { widestBlock } from './kernels.ts';
import { chunkRows, type Plan } from './plan.ts';
import type { ThreadContext } from './thread-context.ts';

/** Rows to learn from and, behind them, rows to validate on. Only the first thread has them. */
export interface FeatureSource {
  readonly rows: Features;
  readonly validation?: Features;
}

/** Most values of a column that its edges are found from (LightGBM's bin_construct_sample_cnt). */
const sampleSize = 200_000;

/**
 * Turns the features into bins: every thread those of its own blocks. Columns come through a staging area, one block a
 * thread at a time, so that the memory never holds all of them.
 */
export function binFeatures(context: ThreadContext, source?: FeatureSource): void {
  const { plan, thread, barrier, int32, float32, uint8, kernels } = context;
  const sorter = new ValueSorter(Math.min(sampleSize, plan.rowCount));
  const blocksOf = (owner: number) => plan.blocks.filter((block) => block.owner === owner);
  const rounds = Math.max(...Array.from({ length: plan.threads }, (_, owner) => blocksOf(owner).length));
  for (let round = 0; round < rounds; round++) {
    if (source !== undefined) stage(context, source, round);
    barrier();
    const block = blocksOf(thread)[round];
    if (block !== undefined) {
      const columnAt = (k: number): number => plan.at.staging + (thread * widestBlock + k) * plan.at.stagingBytes;
      for (let k = 0; k < block.width; k++) {
        const feature = block.firstFeature + k;
        const from = columnAt(k) >>> 2;
        if (feature < plan.numberCount) {
          const edges = (plan.at.edges + feature * 1024) >>> 2;
          const sorted = sorter.sortSample(float32.subarray(from, from + plan.rowCount));
          const { maxBins, minBinSamples } = plan.options;
          const bins = findEdges(sorted, maxBins, minBinSamples, float32.subarray(edges, edges + 256));
          int32[(plan.at.binCounts >>> 2) + feature] = bins;
        } else {
          const { table, size } = plan.categories[feature - plan.numberCount]!;
          const codes = int32.subarray(from, from + plan.rowCount);
          const bins = tabulateCategories(codes, plan.options.maxBins, uint8.subarray(table, table + size + 1));
          int32[(plan.at.binCounts >>> 2) + feature] = bins;
        }
      }
      // Feature by feature within a chunk, so that the rows of the panel are still in the cache.
      const step = 8 * chunkRows;
      for (let row = 0; row < plan.allRows; row += step) {
        const count = Math.min(step, plan.allRows - row);
        for (let k = 0; k < block.width; k++) {
          const feature = block.firstFeature + k;
          const out = block.bins + k + row * block.stride;
          const bins = int32[(plan.at.binCounts >>> 2) + feature]!;
          if (feature < plan.numberCount) {
            kernels.binNumbers(columnAt(k) + row * 4, count, plan.at.edges + feature * 1024, bins, out, block.stride);
          } else {
            const { table, size } = plan.categories[feature - plan.numberCount]!;
            kernels.binCodes(columnAt(k) + row * 4, count, table, size, out, block.stride);
          }
        }
      }
    }
    barrier();
  }
}

/** Copies the columns of every thread's next block to the staging area. */
function stage(context: ThreadContext, source: FeatureSource, round: number): void {
  const { plan, float32, int32 } = context;
  const seen = new Int32Array(plan.threads);
  for (const block of plan.blocks) {
    if (seen[block.owner]!++ !== round) continue;
    for (let k = 0; k < block.width; k++) {
      const at = (plan.at.staging + (block.owner * widestBlock + k) * plan.at.stagingBytes) >>> 2;
      const feature = block.firstFeature + k;
      for (const [features, offset] of [
        [source.rows, 0],
        [source.validation, plan.rowCount],
      ] as const) {
        if (features === undefined) continue;
        if (feature < plan.numberCount) float32.set(features.numbers[feature]!.values, at + offset);
        else int32.set(features.categories[feature - plan.numberCount]!.codes, at + offset);
      }
    }
  }
}

/** Codes of each bin of a categorical feature, by bin, without the bin of the others. */
export function codesOfBins(plan: Plan, uint8: Uint8Array, category: number, bins: number): Int32Array {
  const { table, size } = plan.categories[category]!;
  const codes = new Int32Array(bins);
  for (let code = 0; code < size; code++) {
    const bin = uint8[table + code]!;
    if (bin < bins) codes[bin] = code;
  }
  return codes;
}
