/**
 * A design matrix: dense columns first, then indicator columns of which each row has at most one a group. An intercept
 * column of ones follows implicitly as column `columnCount`.
 */
export interface Design {
  readonly rowCount: number;
  readonly denseCount: number;
  /** Row-major [rowCount, denseCount]. */
  readonly dense: Float32Array | Float64Array;
  /** A group of indicators each: the column that is 1 in a row, or −1. Columns of later groups are greater. */
  readonly groups: readonly Int32Array[];
  /** Columns, the intercept not counted. */
  readonly columnCount: number;
}

/** A design of dense columns alone. @param dense row-major [rowCount, columnCount] */
export function denseDesign(dense: Float64Array, rowCount: number, columnCount: number): Design {
  return { rowCount, denseCount: columnCount, dense, groups: [], columnCount };
}

/** out[row · stride + offset] = x[row] · block + intercept, with `block` at `start` in `parameters`. */
export function multiply(
  design: Design,
  parameters: Float64Array,
  start: number,
  out: Float64Array,
  stride: number,
  offset: number,
): void {
  const { rowCount, denseCount, dense, groups, columnCount } = design;
  const intercept = parameters[start + columnCount]!;
  for (let row = 0; row < rowCount; row++) {
    let sum = intercept;
    const base = row * denseCount;
    for (let j = 0; j < denseCount; j++) sum += dense[base + j]! * parameters[start + j]!;
    out[row * stride + offset] = sum;
  }
  for (const group of groups) {
    for (let row = 0; row < rowCount; row++) {
      const column = group[row]!;
      if (column >= 0) out[row * stride + offset]! += parameters[start + column]!;
    }
  }
}

/** Adds Xᵀ·v (and Σv for the intercept) to the block of `out` at `start`; v[row · stride + offset]. */
export function multiplyTransposed(
  design: Design,
  v: Float64Array,
  stride: number,
  offset: number,
  out: Float64Array,
  start: number,
): void {
  const { rowCount, denseCount, dense, groups, columnCount } = design;
  let total = 0;
  for (let row = 0; row < rowCount; row++) {
    const value = v[row * stride + offset]!;
    total += value;
    const base = row * denseCount;
    for (let j = 0; j < denseCount; j++) out[start + j]! += value * dense[base + j]!;
  }
  for (const group of groups) {
    for (let row = 0; row < rowCount; row++) {
      const column = group[row]!;
      if (column >= 0) out[start + column]! += v[row * stride + offset]!;
    }
  }
  out[start + columnCount]! += total;
}

/**
 * Xᵀ·diag(w)·X with the intercept column, symmetric [size, size] with size = columnCount + 1, written to the block of
 * the `stride`-wide matrix `out` that starts at (blockRow, blockColumn).
 */
export function weightedGram(
  design: Design,
  w: Float64Array,
  out: Float64Array,
  stride: number,
  blockRow: number,
  blockColumn: number,
): void {
  const { rowCount, denseCount, dense, groups, columnCount } = design;
  const size = columnCount + 1;
  const gram = new Float64Array(size * size);
  for (let row = 0; row < rowCount; row++) {
    const weight = w[row]!;
    if (weight === 0) continue;
    const base = row * denseCount;
    for (let i = 0; i < denseCount; i++) {
      const t = weight * dense[base + i]!;
      if (t === 0) continue;
      const line = i * size;
      for (let j = i; j < denseCount; j++) gram[line + j]! += t * dense[base + j]!;
      gram[line + columnCount]! += t;
    }
    gram[size * size - 1]! += weight;
    for (let g = 0; g < groups.length; g++) {
      const column = groups[g]![row]!;
      if (column < 0) continue;
      for (let i = 0; i < denseCount; i++) gram[i * size + column]! += weight * dense[base + i]!;
      for (let h = g; h < groups.length; h++) {
        const other = groups[h]![row]!;
        if (other >= 0) gram[column * size + other]! += weight;
      }
      gram[column * size + columnCount]! += weight;
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const value = gram[i * size + j]!;
      out[(blockRow + i) * stride + blockColumn + j] = value;
      out[(blockRow + j) * stride + blockColumn + i] = value;
    }
  }
}
