import { TrainerError } from '../../../core/errors.ts';
import { isMissing } from '../prepare/cells.ts';
import type { Column } from '../table.ts';
import { gather } from './gather.ts';

/** Rows in the order of time. */
export interface TimeOrder {
  readonly rows: Uint32Array;
  /** Rank of each row of `rows`; equal times have equal ranks. Rows without a time come first, with rank 0. */
  readonly ranks: Int32Array;
  /** Rows without a time. */
  readonly missing: number;
}

/**
 * Orders rows by a time column, ties by row. Rows without a time count as the oldest, so that they are never tested on.
 *
 * @throws {TrainerError} REQUEST_INVALID for a column that is neither datetime nor number.
 */
export function orderByTime(column: Column, rows: Uint32Array): TimeOrder {
  if (column.kind !== 'datetime' && column.kind !== 'number') {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the time column ${JSON.stringify(column.name)} to hold dates or numbers, got kind ${column.kind}. Name another time column, or none.`,
      { details: { column: column.name, kind: column.kind } },
    );
  }
  const times = new Float64Array(rows.length);
  let missing = 0;
  for (let i = 0; i < rows.length; i++) {
    const absent = isMissing(column, rows[i]!);
    if (absent) missing++;
    times[i] = absent ? Number.NEGATIVE_INFINITY : column.values[rows[i]!]!;
  }
  const order = Uint32Array.from(rows.keys()).sort((a, b) =>
    times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b,
  );
  const ranks = new Int32Array(rows.length);
  for (let i = 1; i < order.length; i++) {
    ranks[i] = ranks[i - 1]! + (times[order[i]!]! > times[order[i - 1]!]! ? 1 : 0);
  }
  return { rows: gather(rows, order), ranks, missing };
}

/**
 * Marks about the last `size` rows of an order, cutting only where the time changes: at the change nearest to the wished
 * place that leaves at least half of the size. All rows are marked where the time never changes.
 */
export function latestRows(ranks: Int32Array, size: number): Uint8Array {
  const rowCount = ranks.length;
  const wished = rowCount - size;
  let earlier = wished;
  while (earlier > 0 && ranks[earlier] === ranks[earlier - 1]) earlier--;
  let later = wished;
  while (later < rowCount && (later === 0 || ranks[later] === ranks[later - 1])) later++;
  const enough = rowCount - later >= size / 2;
  const cut = enough && (earlier === 0 || later - wished < wished - earlier) ? later : earlier;
  return new Uint8Array(rowCount).fill(1, cut);
}
