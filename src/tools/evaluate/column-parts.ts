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
  const mark = (isIn: (row: number) => boolean): Uint8Array =>
    Uint8Array.from(rows, (row) => (!isMissing(column, row) && isIn(row) ? 1 : 0));
  const parts: { where: Where; rows: Uint8Array }[] = [];
  if (held.length < rows.length)
    parts.push({
      where: { column: name, kind: 'missing' },
      rows: Uint8Array.from(rows, (row) => (isMissing(column, row) ? 1 : 0)),
    });
  if (column.kind === 'text' || held.length === 0) return parts;
  if (column.kind === 'number' || column.kind === 'datetime') {
    const { values } = column;
    const edges = [
      ...new Set(
        quantiles(
          Float64Array.from(held, (row) => values[row]!),
          [0.25, 0.5, 0.75],
        ),
      ),
    ];
    const isDate = column.kind === 'datetime' ? ({ isDate: true } as const) : {};
    [...edges, undefined].forEach((high, i) => {
      const low = edges[i - 1];
      const where = {
        column: name,
        kind: 'range',
        ...(low === undefined ? {} : { low }),
        ...(high === undefined ? {} : { high }),
        ...isDate,
      } as const;
      parts.push({
        where,
        // From above the lower edge up to the upper one.
        rows: mark((row) => (low === undefined || values[row]! > low) && (high === undefined || values[row]! <= high)),
      });
    });
    return parts;
  }
  const labelAt = classLabels(column);
  const counts = new Map<string, number>();
  for (const row of held) counts.set(labelAt(row), (counts.get(labelAt(row)) ?? 0) + 1);
  const values = [...counts].filter(([, count]) => count >= leastValueRows).sort((a, b) => b[1] - a[1]);
  for (const [value] of values.slice(0, mostValues))
    parts.push({ where: { column: name, kind: 'value', value }, rows: mark((row) => labelAt(row) === value) });
  return parts;
}
