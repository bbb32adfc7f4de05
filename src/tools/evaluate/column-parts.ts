import { isMissing } from '../data/prepare/cells.ts';
import { classLabels } from '../data/prepare/encode-target.ts';
import { quantiles } from '../data/profile/order-statistics.ts';
import type { Column } from '../data/table.ts';

/** Which rows of a column: those of one value, in a range, or without a value. */
export type Where =
  | { readonly column: string; readonly kind: 'value'; readonly value: string }
  | {
      readonly column: string;
      readonly kind: 'range';
      readonly low?: number;
      readonly high?: number;
      readonly isDate?: true;
    }
  | { readonly column: string; readonly kind: 'missing' };

/** A value that fewer rows have is not told: it could be somebody's. */
export const leastValueRows = 10;
/** Values of a column that are parts of their own, by falling count. */
const mostValues = 20;

/**
 * A column as parts of its rows: its most frequent values, or the quarters of its numbers (every value, where there are few),
 * and the rows without a value.
 */
export function columnParts(column: Column, rows: Uint32Array): { readonly where: Where; readonly rows: Uint8Array }[] {
  const { name } = column;
  const held = rows.filter((row) => !isMissing(column, row));
  const parts: { where: Where; rows: Uint8Array }[] = [];
  const add = (where: Where): Uint8Array => {
    const marks = new Uint8Array(rows.length);
    parts.push({ where, rows: marks });
    return marks;
  };
  if (held.length < rows.length) {
    const marks = add({ column: name, kind: 'missing' });
    rows.forEach((row, i) => {
      if (isMissing(column, row)) marks[i] = 1;
    });
  }
  if (column.kind === 'text' || held.length === 0) return parts;
  if (column.kind === 'number' || column.kind === 'datetime') {
    const { values } = column;
    const numbers = Float64Array.from(held, (row) => values[row]!);
    const edges = [...new Set(quantiles(numbers, [0.25, 0.5, 0.75]))];
    const isDate = column.kind === 'datetime' ? ({ isDate: true } as const) : {};
    // From above the lower edge up to the upper one.
    const ranges = [...edges, undefined].map((high, i) => {
      const low = edges[i - 1];
      return add({
        column: name,
        kind: 'range',
        ...(low === undefined ? {} : { low }),
        ...(high === undefined ? {} : { high }),
        ...isDate,
      });
    });
    rows.forEach((row, i) => {
      if (isMissing(column, row)) return;
      let range = 0;
      while (range < edges.length && values[row]! > edges[range]!) range++;
      ranges[range]![i] = 1;
    });
    return parts;
  }
  const labelAt = classLabels(column);
  const labels = Array.from(rows, (row) => (isMissing(column, row) ? undefined : labelAt(row)));
  const counts = new Map<string, number>();
  for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  const values = [...counts].filter(([, count]) => count >= leastValueRows).sort((a, b) => b[1] - a[1]);
  const marksOf = new Map(
    values.slice(0, mostValues).map(([value]) => [value, add({ column: name, kind: 'value', value })]),
  );
  labels.forEach((label, i) => {
    const marks = label === undefined ? undefined : marksOf.get(label);
    if (marks !== undefined) marks[i] = 1;
  });
  return parts;
}
