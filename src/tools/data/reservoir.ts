import { mixPosition } from './csv/byte-values.ts';

/** A record with its place in the source, from 1. */
export interface Placed {
  readonly row: number;
  readonly record: unknown;
}

/**
 * A sample of a source whose length nobody knows: of all records, those with the least mixed places (bottom-k sampling; Cohen
 * and Kaplan 2007). It depends on places alone, holds at most twice as many records as it keeps, and gives them in their order.
 */
export function reservoir(most: number): {
  put(row: number, record: unknown): void;
  take(): readonly Placed[];
} {
  let held: (Placed & { readonly mixed: number })[] = [];
  let below = Number.POSITIVE_INFINITY;
  const cut = () => {
    if (held.length <= most) return;
    held = held.sort((a, b) => a.mixed - b.mixed || a.row - b.row).slice(0, most);
    below = held.at(-1)?.mixed ?? 0;
  };
  return {
    put(row, record) {
      const mixed = mixPosition(row);
      if (mixed >= below) return;
      held.push({ row, record, mixed });
      if (held.length >= 2 * most) cut();
    },
    take() {
      cut();
      return held.sort((a, b) => a.row - b.row);
    },
  };
}
