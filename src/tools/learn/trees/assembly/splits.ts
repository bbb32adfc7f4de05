// Histograms hold a pair (gradient sum, hessian sum) of float64 a bin.

/** a −= b for two histograms of `bins` bins. */
export function subtractHistogram(a: usize, b: usize, bins: i32): void {
  const end = a + ((<usize>bins) << 4);
  for (; a < end; a += 16) {
    v128.store(a, f64x2.sub(v128.load(a), v128.load(b)));
    b += 16;
  }
}

/**
 * The best boundary of one feature. The left side starts from the pair at `start` (zero, or the sums of missing values) and
 * takes bin after bin; boundary `b` has the bins 0 … b on the left. A side needs `minHessian`.
 *
 * Returns the boundary with the largest G²/(H + l2) summed over both sides, where it is above `best`, else −1; writes the
 * gain and the left pair to `out` (gain at 0, gradient at 16, hessian at 24).
 */
export function findBoundary(
  histogram: usize,
  boundaries: i32,
  total: usize,
  start: usize,
  minHessian: f64,
  l2: f64,
  best: f64,
  out: usize,
): i32 {
  let left = v128.load(start);
  const all = v128.load(total);
  const penalty = f64x2.splat(l2);
  let found = -1;
  for (let b = 0; b < boundaries; b++) {
    left = f64x2.add(left, v128.load(histogram + ((<usize>b) << 4)));
    if (f64x2.extract_lane(left, 1) < minHessian) continue;
    const right = f64x2.sub(all, left);
    if (f64x2.extract_lane(right, 1) < minHessian) break;
    const g = v128.shuffle<f64>(left, right, 0, 2);
    const h = f64x2.add(v128.shuffle<f64>(left, right, 1, 3), penalty);
    const quotient = f64x2.div(f64x2.mul(g, g), h);
    const gain = f64x2.extract_lane(quotient, 0) + f64x2.extract_lane(quotient, 1);
    if (gain > best) {
      best = gain;
      found = b;
      v128.store(out, left, 16);
    }
  }
  if (found >= 0) store<f64>(out, best);
  return found;
}
