import { findCategorySplit } from './category-split.ts';
import { histogramBytes } from './kernels.ts';
import type { ThreadContext } from './thread-context.ts';

/** Where the histograms of a leaf are, and its sums over all of its rows. */
export interface LeafSums {
  readonly histograms: number;
  readonly count: number;
  readonly gradient: number;
  readonly hessian: number;
}

/** The side that missing values take: as found, or the heavier one where the leaf has none. */
export const missingRight = 0;
export const missingLeft = 1;
export const missingHeavier = 2;

/**
 * A candidate split as 16 float64 in shared memory (two a thread): gain, feature, bin, left gradient, left hessian, side of missing
 * values, 1 for a category split, l2 of its leaves, and from the ninth the set of bins that go left (256 bits).
 */
export const recordLength = 16;

/** Gain of a leaf that is not split. */
export function leafGain(gradient: number, hessian: number, l2: number): number {
  return (gradient * gradient) / (hessian + l2);
}

/**
 * Finds the best split of a leaf among the features of one thread and writes it to record 0 or 1 of that thread.
 * Ties go to the lowest feature, then to the lowest bin.
 */
export function findSplit(context: ThreadContext, features: Int32Array, leaf: LeafSums, record: number): void {
  const { plan, thread, kernels, float64, int32, uint8 } = context;
  const { options, at } = plan;
  const total = at.scratch + thread * 512;
  const zero = total + 16;
  const out = total + 32;
  float64[total >>> 3] = leaf.gradient;
  float64[(total >>> 3) + 1] = leaf.hessian;
  float64[zero >>> 3] = 0;
  float64[(zero >>> 3) + 1] = 0;

  const slot = ((at.records + thread * 256) >>> 3) + record * recordLength;
  // The rows of a bin are not counted, but estimated from its share of the hessian, as LightGBM does.
  const minHessian = Math.max(options.minChildHessian, ((options.minChildSamples - 0.5) * leaf.hessian) / leaf.count);
  const negligible = 1e-10 * leaf.hessian;
  let best = leafGain(leaf.gradient, leaf.hessian, options.l2) + options.minSplitGain + plan.gainFloor;
  const start = best;
  const keep = (feature: number, bin: number, missing: number): void => {
    best = float64[out >>> 3]!;
    float64[slot + 1] = feature;
    float64[slot + 2] = bin;
    float64[slot + 3] = float64[(out >>> 3) + 2]!;
    float64[slot + 4] = float64[(out >>> 3) + 3]!;
    float64[slot + 5] = missing;
    float64[slot + 6] = 0;
    float64[slot + 7] = options.l2;
  };
  for (const feature of features) {
    if (uint8[at.drawn + feature] === 0) continue;
    const bins = int32[(at.binCounts >>> 2) + feature]!;
    const histogram = leaf.histograms + feature * histogramBytes;
    if (feature >= plan.numberCount) {
      const found = findCategorySplit({ float64, histogram: histogram >>> 3, bins, leaf, options, minHessian, best });
      if (found === undefined) continue;
      best = found.gain;
      float64.set([feature, 0, found.gradient, found.hessian, missingRight, 1, found.l2], slot + 1);
      new Uint32Array(float64.buffer, (slot + 8) * 8, 8).set(found.bits);
      continue;
    }
    const missing = histogram + bins * 16;
    const hasMissing = float64[(missing >>> 3) + 1]! > negligible;
    // With missing values on the right, all others may go left.
    const boundaries = hasMissing ? bins : bins - 1;
    const right = kernels.findBoundary(histogram, boundaries, total, zero, minHessian, options.l2, best, out);
    if (right >= 0) keep(feature, right, hasMissing ? missingRight : missingHeavier);
    if (!hasMissing) continue;
    const left = kernels.findBoundary(histogram, bins - 1, total, missing, minHessian, options.l2, best, out);
    if (left >= 0) keep(feature, left, missingLeft);
  }
  float64[slot] = best > start ? best : -1;
}
