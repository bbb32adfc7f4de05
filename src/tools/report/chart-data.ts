import { visible } from './html.ts';

/** More classes than this have a table or words instead of a picture. */
export const maxClasses = 20;

/** The range of values with a little room at both ends. */
export function padded(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const pad = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - pad, high + pad];
}

/** A name as a chart's label. */
export function shortened(text: string): string {
  const shown = visible(text);
  return shown.length > 40 ? `${shown.slice(0, 39)}…` : shown;
}

/** Two names that look alike when shortened stay two rows. */
export function distinct<T extends { readonly column: string }>(rows: readonly T[]): T[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(row.column) ?? 0) + 1;
    seen.set(row.column, count);
    return count === 1 ? row : { ...row, column: `${row.column} (${count})` };
  });
}
