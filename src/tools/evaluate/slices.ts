import { normalQuantile, studentQuantile } from './distributions.ts';

/** A set of rows that can be said in words: one value, range or absence of one column. */
export interface Part<Where> {
  readonly where: Where;
  /** Pairs are made of parts of two columns. */
  readonly column: number;
  /** 1 where the row is in it. */
  readonly rows: Uint8Array;
}

/** A slice in which the model errs more than elsewhere. */
export interface WeakSlice<Where> {
  readonly where: readonly Where[];
  readonly rows: number;
  /** Mean loss of its rows: the share of wrong labels, or the mean absolute error. */
  readonly loss: number;
  /** Simultaneous 95 % interval of `loss`: all slices that were looked at hold at once. */
  readonly low: number;
  readonly high: number;
  /** Mean loss of all other rows. */
  readonly elsewhere: number;
}

/** What was looked at, and what was found. */
export interface SliceSearch<Where> {
  readonly lookedAt: number;
  readonly found: readonly WeakSlice<Where>[];
}

/** Slices of fewer rows say nothing that is told. */
export const leastSliceRows = 30;
const mostFound = 8;
const level = 0.05;

interface Sums {
  rows: number;
  sum: number;
  squares: number;
}

/**
 * Finds slices where a loss is greater than elsewhere: every part alone, and pairs of parts of two of the first columns. Bonferroni's
 * correction for all that were looked at; a pair is told only where it is worse than both of its parts by two standard errors.
 *
 * @param losses - one a row; 0 or 1 where `isShare`
 * @param options.design - how much greater the variance of a mean is than of independent rows (rows of one group are alike), at least 1
 * @param options.pairedColumns - parts of columns before this number are paired
 */
export function findWeakSlices<Where>(
  losses: Float64Array,
  parts: readonly Part<Where>[],
  options: { readonly isShare: boolean; readonly design: number; readonly pairedColumns: number },
): SliceSearch<Where> {
  const all = sumsOf(losses, undefined, undefined);
  const single = parts.map((part) => ({ parts: [part], sums: sumsOf(losses, part.rows, undefined) }));
  const large = single.filter(({ sums }) => isLarge(sums, all));
  const paired = large.filter(({ parts: [part] }) => part!.column < options.pairedColumns);
  const pairs = paired.flatMap((a, i) =>
    paired.slice(i + 1).flatMap((b) => {
      if (a.parts[0]!.column === b.parts[0]!.column) return [];
      const sums = sumsOf(losses, a.parts[0]!.rows, b.parts[0]!.rows);
      return isLarge(sums, all) ? [{ parts: [a.parts[0]!, b.parts[0]!], sums, of: [a.sums, b.sums] }] : [];
    }),
  );
  const lookedAt = large.length + pairs.length;
  if (lookedAt === 0) return { lookedAt, found: [] };
  const z = normalQuantile(1 - level / (2 * lookedAt));
  const found: (WeakSlice<Where> & { readonly excess: number })[] = [];
  for (const { parts: its, sums, of } of [...large.map((slice) => ({ ...slice, of: [] as Sums[] })), ...pairs]) {
    const rest = { rows: all.rows - sums.rows, sum: all.sum - sums.sum, squares: all.squares - sums.squares };
    const loss = sums.sum / sums.rows;
    const elsewhere = rest.sum / rest.rows;
    const error = Math.sqrt(options.design * errorOfDifference(sums, rest, all, options.isShare));
    if (!(loss - elsewhere > z * error)) continue;
    const own = Math.sqrt((options.design * varianceOf(sums)) / sums.rows);
    if (of.some((parent) => loss - parent.sum / parent.rows <= 2 * own)) continue;
    const [low, high] = intervalOf(sums, lookedAt, z, options);
    const where = its.map((part) => part.where);
    found.push({ where, rows: sums.rows, loss, low, high, elsewhere, excess: sums.rows * (loss - elsewhere) });
  }
  // What costs most first: rows times how much worse they are.
  found.sort((a, b) => b.excess - a.excess);
  return { lookedAt, found: found.slice(0, mostFound).map(({ excess: _excess, ...slice }) => slice) };
}

/** Enough rows to say something, and enough others to compare with. */
const isLarge = (sums: Sums, all: Sums): boolean =>
  sums.rows >= leastSliceRows && all.rows - sums.rows >= leastSliceRows;

function sumsOf(losses: Float64Array, a: Uint8Array | undefined, b: Uint8Array | undefined): Sums {
  const sums = { rows: 0, sum: 0, squares: 0 };
  for (let row = 0; row < losses.length; row++) {
    if ((a !== undefined && a[row] === 0) || (b !== undefined && b[row] === 0)) continue;
    const loss = losses[row]!;
    sums.rows++;
    sums.sum += loss;
    sums.squares += loss * loss;
  }
  return sums;
}

function varianceOf({ rows, sum, squares }: Sums): number {
  return Math.max(0, squares - (sum * sum) / rows) / (rows - 1);
}

/** Squared standard error of the difference of two means: pooled for shares (they may be 0 or 1), Welch's for others. */
function errorOfDifference(slice: Sums, rest: Sums, all: Sums, isShare: boolean): number {
  if (!isShare) return varianceOf(slice) / slice.rows + varianceOf(rest) / rest.rows;
  const share = all.sum / all.rows;
  return share * (1 - share) * (1 / slice.rows + 1 / rest.rows);
}

/** Wilson's interval of a share, Student's of a mean. */
function intervalOf(
  sums: Sums,
  lookedAt: number,
  z: number,
  { isShare, design }: { readonly isShare: boolean; readonly design: number },
): readonly [number, number] {
  const mean = sums.sum / sums.rows;
  if (!isShare) {
    const t = studentQuantile(1 - level / (2 * lookedAt), sums.rows - 1);
    const half = t * Math.sqrt((design * varianceOf(sums)) / sums.rows);
    return [Math.max(0, mean - half), mean + half];
  }
  const n = sums.rows / design;
  const centre = (mean + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((mean * (1 - mean)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** How much groups of alike rows widen the error of a mean (at least 1): the variance of group sums over that of single rows. */
export function designEffect(losses: Float64Array, groups: Int32Array | undefined): number {
  if (groups === undefined) return 1;
  let mean = 0;
  for (const loss of losses) mean += loss / losses.length;
  const sums = new Map<number, number>();
  let single = 0;
  for (let row = 0; row < losses.length; row++) {
    const off = losses[row]! - mean;
    single += off * off;
    sums.set(groups[row]!, (sums.get(groups[row]!) ?? 0) + off);
  }
  let grouped = 0;
  for (const sum of sums.values()) grouped += sum * sum;
  return single > 0 ? Math.max(1, grouped / single) : 1;
}
