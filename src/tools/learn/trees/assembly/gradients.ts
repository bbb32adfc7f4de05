// First and second derivatives of the losses, two rows at a time. Row `i` has its pair (gradient, hessian) at `pairs + 16 i`.
// Ranges may write one row beyond an odd end; the arrays are padded for it.

/**
 * e^x of both lanes for |x| <= 700: x = n ln 2 + r, a Taylor polynomial of degree 10 in r (relative error below 3e-13), then 2^n by its exponent bits.
 * No fused operations, so that the JavaScript kernels give the same bits.
 */
function exponential(x: v128): v128 {
  const roundingShift = f64x2.splat(6755399441055744.0);
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: a constant of the dialect, not of JavaScript.
  const shifted = f64x2.add(f64x2.mul(x, f64x2.splat(1.4426950408889634)), roundingShift);
  const n = f64x2.sub(shifted, roundingShift);
  const high = f64x2.sub(x, f64x2.mul(n, f64x2.splat(0.6931471803691238)));
  const r = f64x2.sub(high, f64x2.mul(n, f64x2.splat(1.9082149292705877e-10)));
  let p = f64x2.splat(2.755731922398589e-7);
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(2.7557319223985893e-6));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(2.48015873015873e-5));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.984126984126984e-4));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.388888888888889e-3));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(8.333333333333333e-3));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(4.1666666666666664e-2));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.16666666666666666));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.5));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  return f64x2.mul(p, i64x2.shl(i64x2.add(shifted, i64x2.splat(1023)), 52));
}

function clampExponent(x: v128): v128 {
  return f64x2.max(f64x2.min(x, f64x2.splat(700)), f64x2.splat(-700));
}

function storePairs(pairs: usize, row: i32, gradients: v128, hessians: v128): void {
  const at = pairs + ((<usize>row) << 4);
  v128.store(at, v128.shuffle<f64>(gradients, hessians, 0, 2));
  v128.store(at, v128.shuffle<f64>(gradients, hessians, 1, 3), 16);
}

/** Logistic loss: p − y and p (1 − p). */
export function logisticGradients(scores: usize, targets: usize, pairs: usize, from: i32, to: i32): void {
  const one = f64x2.splat(1);
  for (let row = from; row < to; row += 2) {
    const at = (<usize>row) << 3;
    const x = clampExponent(f64x2.neg(v128.load(scores + at)));
    const p = f64x2.div(one, f64x2.add(one, exponential(x)));
    storePairs(pairs, row, f64x2.sub(p, v128.load(targets + at)), f64x2.mul(p, f64x2.sub(one, p)));
  }
}

/** Squared error, halved: score − y and 1. */
export function squaredGradients(scores: usize, targets: usize, pairs: usize, from: i32, to: i32): void {
  for (let row = from; row < to; row += 2) {
    const at = (<usize>row) << 3;
    storePairs(pairs, row, f64x2.sub(v128.load(scores + at), v128.load(targets + at)), f64x2.splat(1));
  }
}

/** Pinball loss: 1 − alpha above the target, −alpha otherwise, and 1. */
export function quantileGradients(scores: usize, targets: usize, pairs: usize, from: i32, to: i32, alpha: f64): void {
  for (let row = from; row < to; row += 2) {
    const at = (<usize>row) << 3;
    const isAbove = f64x2.gt(v128.load(scores + at), v128.load(targets + at));
    storePairs(pairs, row, v128.bitselect(f64x2.splat(1 - alpha), f64x2.splat(-alpha), isAbove), f64x2.splat(1));
  }
}

/** Softmax over the classes; class `k` has its column of scores and of probabilities at `k * columnBytes`. */
export function softmax(scores: usize, probabilities: usize, columnBytes: i32, classes: i32, from: i32, to: i32): void {
  const end = <usize>columnBytes * <usize>classes;
  for (let row = from; row < to; row += 2) {
    const at = (<usize>row) << 3;
    let top = v128.load(scores + at);
    for (let k = <usize>columnBytes; k < end; k += <usize>columnBytes) top = f64x2.max(top, v128.load(scores + k + at));
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < end; k += <usize>columnBytes) {
      const e = exponential(f64x2.max(f64x2.sub(v128.load(scores + k + at), top), f64x2.splat(-700)));
      v128.store(probabilities + k + at, e);
      sum = f64x2.add(sum, e);
    }
    for (let k: usize = 0; k < end; k += <usize>columnBytes) {
      v128.store(probabilities + k + at, f64x2.div(v128.load(probabilities + k + at), sum));
    }
  }
}

/** Cross entropy of one class: p − [y = class] and factor p (1 − p). */
export function softmaxGradients(
  probabilities: usize,
  targets: usize,
  pairs: usize,
  from: i32,
  to: i32,
  label: f64,
  factor: f64,
): void {
  const one = f64x2.splat(1);
  for (let row = from; row < to; row += 2) {
    const at = (<usize>row) << 3;
    const p = v128.load(probabilities + at);
    const isLabel = v128.and(f64x2.eq(v128.load(targets + at), f64x2.splat(label)), one);
    const hessians = f64x2.mul(f64x2.splat(factor), f64x2.mul(p, f64x2.sub(one, p)));
    storePairs(pairs, row, f64x2.sub(p, isLabel), hessians);
  }
}

/** Multiplies the pairs of a range of rows by their weights. */
export function weighPairs(pairs: usize, weights: usize, from: i32, to: i32): void {
  for (let row = from; row < to; row++) {
    const at = pairs + ((<usize>row) << 4);
    v128.store(at, f64x2.mul(v128.load(at), v128.load64_splat(weights + ((<usize>row) << 3))));
  }
}

/** Sum of the pairs of a range of rows, in row order. */
export function sumRange(pairs: usize, from: i32, to: i32, out: usize): void {
  let sum = f64x2.splat(0);
  for (let row = from; row < to; row++) sum = f64x2.add(sum, v128.load(pairs + ((<usize>row) << 4)));
  v128.store(out, sum);
}

/** Sum of the pairs of listed rows, in the order of the list. */
export function sumRows(pairs: usize, rows: usize, count: i32, out: usize): void {
  let sum = f64x2.splat(0);
  const end = rows + ((<usize>count) << 2);
  for (; rows < end; rows += 4) sum = f64x2.add(sum, v128.load(pairs + ((<usize>load<u32>(rows)) << 4)));
  v128.store(out, sum);
}
