/** The smallest value with at least the share alpha of the weight at or below it. */
export function weightedQuantile(
  rows: Int32Array,
  value: (row: number) => number,
  weight: ((row: number) => number) | undefined,
  alpha: number,
): number {
  const values = Float64Array.from(rows, value);
  if (weight === undefined) {
    values.sort();
    return values[Math.max(0, Math.ceil(alpha * values.length) - 1)]!;
  }
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b);
  let total = 0;
  for (const row of rows) total += weight(row);
  let below = 0;
  for (const i of order) {
    below += weight(rows[i]!);
    if (below >= alpha * total) return values[i]!;
  }
  return values[order.at(-1)!]!;
}
