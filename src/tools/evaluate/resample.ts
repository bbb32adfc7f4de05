import type { Random } from '../../core/helpers/random.ts';

/** What is drawn again: single rows, whole groups, or blocks of neighbouring rows (which stand in order). */
export type Resampling =
  | { readonly kind: 'rows' }
  | { readonly kind: 'groups'; readonly groups: Int32Array }
  | { readonly kind: 'blocks'; readonly length: number };

/** Draws resamples of rows. */
export interface Resampler {
  /** How many units (rows, groups, blocks) one resample draws. */
  readonly unitCount: number;
  /** Writes how often each row is in the next resample. */
  draw(counts: Int32Array): void;
  /** Writes 1 for every row but those of the units `first`, `first + step`, … (for the jackknife). */
  leaveOut(first: number, step: number, counts: Int32Array): void;
}

/** Length of blocks for ordered rows: the cube root of their number, the rate of Künsch (1989), at least 2. */
export function blockLength(rowCount: number): number {
  return Math.max(2, Math.ceil(Math.cbrt(rowCount)));
}

/** A resampler of `rowCount` rows. Blocks wrap around, so that each row is equally likely (Politis & Romano 1992). */
export function createResampler(rowCount: number, resampling: Resampling, random: Random): Resampler {
  if (resampling.kind === 'groups') return groupResampler(rowCount, resampling.groups, random);
  const length = resampling.kind === 'blocks' ? Math.min(rowCount, resampling.length) : 1;
  const unitCount = Math.ceil(rowCount / length);
  return {
    unitCount,
    draw(counts) {
      counts.fill(0);
      if (length === 1) {
        for (let i = 0; i < rowCount; i++) counts[Math.floor(random.next() * rowCount)]!++;
        return;
      }
      for (let drawn = 0; drawn < rowCount; drawn += length) {
        const start = Math.floor(random.next() * rowCount);
        // The last block is cut, so that every resample has as many rows as the sample.
        const rows = Math.min(length, rowCount - drawn);
        for (let i = 0; i < rows; i++) counts[(start + i) % rowCount]!++;
      }
    },
    leaveOut(first, step, counts) {
      counts.fill(1);
      for (let unit = first; unit < unitCount; unit += step) {
        counts.fill(0, unit * length, Math.min(rowCount, (unit + 1) * length));
      }
    },
  };
}

function groupResampler(rowCount: number, groups: Int32Array, random: Random): Resampler {
  const index = new Map<number, number>();
  const unitOfRow = Int32Array.from({ length: rowCount }, (_, row) => {
    const group = groups[row]!;
    let unit = index.get(group);
    if (unit === undefined) {
      unit = index.size;
      index.set(group, unit);
    }
    return unit;
  });
  const unitCount = index.size;
  const drawn = new Int32Array(unitCount);
  return {
    unitCount,
    draw(counts) {
      drawn.fill(0);
      for (let i = 0; i < unitCount; i++) drawn[Math.floor(random.next() * unitCount)]!++;
      for (let row = 0; row < rowCount; row++) counts[row] = drawn[unitOfRow[row]!]!;
    },
    leaveOut(first, step, counts) {
      for (let row = 0; row < rowCount; row++) {
        const unit = unitOfRow[row]!;
        counts[row] = unit >= first && (unit - first) % step === 0 ? 0 : 1;
      }
    },
  };
}
