/** A factorised matrix. */
export interface Factor {
  /** The x of A·x = b. */
  solve(b: Float64Array): Float64Array;
}

/**
 * Factorises a symmetric positive definite A [n, n] (row-major, overwritten) by Cholesky's method, scaled to a unit
 * diagonal. A pivot that rounding has made (almost) zero or negative, as collinear columns do, is
 * lifted to the rounding level, which leaves that direction where it is rather than sending it to infinity.
 */
export function factorPositive(a: Float64Array, n: number): Factor {
  const scale = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const diagonal = a[i * n + i]!;
    scale[i] = diagonal > 0 ? 1 / Math.sqrt(diagonal) : 1;
  }
  const floor = n * 2.220446049250313e-16;
  for (let i = 0; i < n; i++) {
    const rowI = i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * n;
      let sum = a[rowI + j]! * scale[i]! * scale[j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      if (j < i) {
        a[rowI + j] = sum / a[rowJ + j]!;
      } else if (sum > floor) {
        a[rowI + i] = Math.sqrt(sum);
      } else {
        // An infinite pivot would be exact for a null direction; a great one keeps all numbers finite.
        a[rowI + i] = 1e8;
      }
    }
  }
  return { solve: (b) => solveFactored(a, scale, b) };
}

function solveFactored(a: Float64Array, scale: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i]! * scale[i]!;
    for (let k = 0; k < i; k++) sum -= a[i * n + k]! * x[k]!;
    x[i] = sum / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!;
    for (let k = i + 1; k < n; k++) sum -= a[k * n + i]! * x[k]!;
    x[i] = sum / a[i * n + i]!;
  }
  for (let i = 0; i < n; i++) x[i]! *= scale[i]!;
  return x;
}
