import type { GraphBuilder } from '../../onnx/graph-builder.ts';

/** A prediction interval around a value, as JSON: [value + low, value + high]. */
export interface Conformal {
  readonly kind: 'residual';
  /** Share of new rows whose value lies within. */
  readonly coverage: number;
  /** At most 0, in the unit of the target. */
  readonly low: number;
  /** At least 0. */
  readonly high: number;
}

/** Rows that an interval of absolute residuals must miss before the tails are looked at apart. */
const leastTailRows = 20;

/**
 * Cross-conformal interval from out-of-fold residuals (Vovk 2015): the quantile at rank ⌈(n + 1)·coverage⌉, so that
 * the coverage holds for finitely many rows. Both sides share the quantile of the absolute residual, unless three in four of the rows
 * that it misses lie on one side (skewed errors): then each tail is bounded apart, at half the misses each.
 *
 * @returns undefined where there are too few rows for the coverage (9 for 90 %)
 */
export function fitConformal(truth: Float64Array, outOfFold: Float64Array, coverage = 0.9): Conformal | undefined {
  const residuals = truth.map((y, row) => y - outOfFold[row]!).sort();
  const n = residuals.length;
  const rank = Math.ceil((n + 1) * coverage);
  if (rank > n) return undefined;
  const reach = residuals.map(Math.abs).sort()[rank - 1]!;
  const tail = Math.ceil((n + 1) * (1 - (1 - coverage) / 2));
  if (tail <= n && n * (1 - coverage) >= leastTailRows) {
    const low = Math.min(0, residuals[n - tail]!);
    const high = Math.max(0, residuals[tail - 1]!);
    let above = 0;
    let below = 0;
    for (const residual of residuals) {
      if (residual > reach) above++;
      else if (residual < -reach) below++;
    }
    if (Math.max(above, below) > 0.75 * (above + below)) return { kind: 'residual', coverage, low, high };
  }
  return { kind: 'residual', coverage, low: -reach, high: reach };
}

/** Row-major [rows, 2]: low and high. */
export function applyConformal(conformal: Conformal, values: Float64Array): Float64Array {
  const out = new Float64Array(values.length * 2);
  for (let row = 0; row < values.length; row++) {
    out[2 * row] = values[row]! + conformal.low;
    out[2 * row + 1] = values[row]! + conformal.high;
  }
  return out;
}

/** Adds the interval to the graph: float32 [N, 1] in, float32 [N, 2] out (low, high). */
export function conformalToGraph(graph: GraphBuilder, conformal: Conformal, value: string): string {
  return graph.node('Add', [value, graph.floats([conformal.low, conformal.high], [1, 2])]);
}
