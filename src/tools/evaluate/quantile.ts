/** Quantile of rising values, linear between the order statistics at i / (n + 1) (Hyndman & Fan's type 6); NaN of none. */
export function quantile(values: Float64Array, share: number): number {
  if (values.length === 0) return Number.NaN;
  const position = Math.max(0, Math.min(values.length - 1, share * (values.length + 1) - 1));
  const index = Math.floor(position);
  const next = values[Math.min(values.length - 1, index + 1)]!;
  return values[index]! + (position - index) * (next - values[index]!);
}
