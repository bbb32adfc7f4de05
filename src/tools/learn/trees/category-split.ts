import type { TreesOptions } from './options.ts';

/** A set of categories that goes left. */
export interface CategorySplit {
  readonly gain: number;
  readonly gradient: number;
  readonly hessian: number;
  readonly l2: number;
  /** 256 bits, one a bin. */
  readonly bits: Uint32Array;
}

/** The histogram of one categorical feature in one leaf, and what a split must keep. */
export interface CategoryHistogram {
  readonly float64: Float64Array;
  /** Index of the first pair in `float64`. */
  readonly histogram: number;
  /** Bins without the last, which holds rare and unseen categories and always goes right. */
  readonly bins: number;
  readonly leaf: { readonly count: number; readonly gradient: number; readonly hessian: number };
  readonly options: TreesOptions;
  readonly minHessian: number;
  /** A gain has to be above this. */
  readonly best: number;
}

const keys = new Float64Array(256);
const keyWords = new Uint32Array(keys.buffer);

/**
 * The best set of categories to send left, as LightGBM searches it: up to `categoryOneHot` categories one against the rest, else
 * a prefix from either end of the categories sorted by gradient / (hessian + smoothing) (Fisher, "On grouping for maximum
 * homogeneity", JASA 1958: for a convex loss the best partition is such a prefix).
 */
export function findCategorySplit(input: CategoryHistogram): CategorySplit | undefined {
  return input.bins <= input.options.categoryOneHot ? findOneAgainstRest(input) : findSortedPrefix(input);
}

function gainOf(gradient: number, hessian: number, leaf: CategoryHistogram['leaf'], l2: number): number {
  const otherGradient = leaf.gradient - gradient;
  const otherHessian = leaf.hessian - hessian;
  return (gradient * gradient) / (hessian + l2) + (otherGradient * otherGradient) / (otherHessian + l2);
}

function findOneAgainstRest(input: CategoryHistogram): CategorySplit | undefined {
  const { float64, histogram, bins, leaf, options, minHessian } = input;
  let gain = input.best;
  let found = -1;
  for (let bin = 0; bin < bins; bin++) {
    const hessian = float64[histogram + 2 * bin + 1]!;
    if (hessian < minHessian || leaf.hessian - hessian < minHessian) continue;
    const here = gainOf(float64[histogram + 2 * bin]!, hessian, leaf, options.l2);
    if (here > gain) {
      gain = here;
      found = bin;
    }
  }
  if (found < 0) return undefined;
  const bits = new Uint32Array(8);
  bits[found >>> 5] = 1 << (found & 31);
  const at = histogram + 2 * found;
  return { gain, gradient: float64[at]!, hessian: float64[at + 1]!, l2: options.l2, bits };
}

function findSortedPrefix(input: CategoryHistogram): CategorySplit | undefined {
  const { float64, histogram, bins, leaf, options, minHessian } = input;
  const rowsPerHessian = leaf.count / leaf.hessian;
  let used = 0;
  for (let bin = 0; bin < bins; bin++) {
    const hessian = float64[histogram + 2 * bin + 1]!;
    if (Math.round(hessian * rowsPerHessian) < Math.max(1, options.categorySmoothing)) continue;
    keys[used] = float64[histogram + 2 * bin]! / (hessian + options.categorySmoothing);
    // The lowest eight bits of the fraction carry the bin, so that one native sort orders both.
    keyWords[2 * used] = (keyWords[2 * used]! & ~255) | bin;
    used++;
  }
  if (used < 2) return undefined;
  keys.subarray(0, used).sort();

  const l2 = options.l2 + options.categoryL2;
  const most = Math.min(options.categoryMost, (used + 1) >>> 1);
  let best = { gain: input.best, gradient: 0, hessian: 0, length: 0, isFromEnd: false };
  for (const isFromEnd of [false, true]) {
    let gradient = 0;
    let hessian = 0;
    let groupHessian = 0;
    for (let i = 0; i < most; i++) {
      const bin = keyWords[2 * (isFromEnd ? used - 1 - i : i)]! & 255;
      gradient += float64[histogram + 2 * bin]!;
      hessian += float64[histogram + 2 * bin + 1]!;
      groupHessian += float64[histogram + 2 * bin + 1]!;
      if (hessian < minHessian) continue;
      const rest = leaf.hessian - hessian;
      if (rest < minHessian || Math.round(rest * rowsPerHessian) < options.categoryGroup) break;
      if (Math.round(groupHessian * rowsPerHessian) < options.categoryGroup) continue;
      groupHessian = 0;
      const gain = gainOf(gradient, hessian, leaf, l2);
      if (gain > best.gain) best = { gain, gradient, hessian, length: i + 1, isFromEnd };
    }
  }
  if (best.length === 0) return undefined;
  const bits = new Uint32Array(8);
  for (let i = 0; i < best.length; i++) {
    const bin = keyWords[2 * (best.isFromEnd ? used - 1 - i : i)]! & 255;
    bits[bin >>> 5]! |= 1 << (bin & 31);
  }
  return { gain: best.gain, gradient: best.gradient, hessian: best.hessian, l2, bits };
}
