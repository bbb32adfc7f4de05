import type { Features } from '../learner.ts';
import type { Design } from './design.ts';

/** How one numeric feature becomes columns. All numbers are float32, so that the graph computes the same ones. */
export interface NumberEncoding {
  /** Median of the rows of the fit; stands for missing. */
  readonly fill: number;
  /** Bounds that values are clipped to. */
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Standard deviation, or 1 for a constant. */
  readonly scale: number;
  /** Whether a column says that the value is missing. */
  readonly missing: boolean;
  /** Standardised positions k of extra columns max(0, z − k). */
  readonly knots: readonly number[];
}

/** How one categorical feature becomes columns: the column of each code counted within the feature, or −1 for none. */
export interface CategoryEncoding {
  readonly columns: readonly number[];
  readonly columnCount: number;
}

/** How features become a design. Columns: standardised numbers, hinges, missing indicators, then categories. */
export interface Encoding {
  readonly numbers: readonly NumberEncoding[];
  readonly categories: readonly CategoryEncoding[];
}

/** What is encoded beyond standardised numbers and one-hot categories. */
export interface EncodingOptions {
  /** Hinges a numeric feature, at equally spaced quantiles. */
  readonly knots: number;
  /** Whether values are clipped to the 1 % and 99 % quantiles. */
  readonly clip: boolean;
}

/** Standardised values are kept within ±limit, so that no input makes a sum overflow. */
export const standardLimit = 1e6;

const greatestFloat = 3.4028234663852886e38;
/** Rows that a category value needs for a column of its own. */
const minimumCount = 3;
/** Columns that one categorical feature may have, and all of them together (at least 16 each). */
const mostColumns = 200;
const mostColumnsTogether = 1000;

/** Learns an encoding from the rows of a fit. */
export function learnEncoding(features: Features, options: EncodingOptions): Encoding {
  const cap = Math.max(
    16,
    Math.min(mostColumns, Math.floor(mostColumnsTogether / Math.max(1, features.categories.length))),
  );
  return {
    numbers: features.numbers.map(({ values }) => learnNumber(values, options)),
    categories: features.categories.map(({ codes, size }) => learnCategory(codes, size, cap)),
  };
}

function learnNumber(values: Float32Array, { knots, clip }: EncodingOptions): NumberEncoding {
  const present = values.filter((value) => Number.isFinite(value)).sort();
  const missing = values.some((value) => Number.isNaN(value));
  if (present.length === 0) {
    return { fill: 0, low: -greatestFloat, high: greatestFloat, mean: 0, scale: 1, missing, knots: [] };
  }
  const fill = present[(present.length - 1) >> 1]!;
  const low = clip ? quantile(present, 0.01) : -greatestFloat;
  const high = clip ? quantile(present, 0.99) : greatestFloat;
  let sum = 0;
  let count = 0;
  const filled = (value: number) => Math.min(high, Math.max(low, Number.isNaN(value) ? fill : value));
  for (const value of values) {
    const x = filled(value);
    if (Math.abs(x) === Number.POSITIVE_INFINITY) continue;
    sum += x;
    count++;
  }
  const mean = Math.fround(sum / count);
  let squares = 0;
  for (const value of values) {
    const x = filled(value);
    if (Math.abs(x) !== Number.POSITIVE_INFINITY) squares += (x - mean) * (x - mean);
  }
  const deviation = Math.fround(Math.sqrt(squares / count));
  // A deviation at the rounding of the mean is noise of a constant.
  const scale = deviation > Math.abs(mean) * 1e-7 && deviation > 1e-30 ? deviation : 1;
  const positions: number[] = [];
  for (let k = 1; k <= knots; k++) {
    const edge = quantile(present, k / (knots + 1));
    const position = Math.fround(Math.fround(filled(edge) - mean) / scale);
    // Where values repeat, quantiles fall together; a knot at an end adds nothing.
    if (edge > present[0]! && edge < present.at(-1)! && position !== positions.at(-1)) positions.push(position);
  }
  return { fill, low, high, mean, scale, missing, knots: positions };
}

/** The lower quantile of sorted values. */
function quantile(sorted: Float32Array, share: number): number {
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}

/** Values by falling count (then by code) have a column each; the others share the column of "other". */
function learnCategory(codes: Int32Array, size: number, cap: number): CategoryEncoding {
  const counts = new Int32Array(size);
  for (const code of codes) counts[code]!++;
  const frequent: number[] = [];
  for (let code = 2; code < size; code++) if (counts[code]! >= minimumCount) frequent.push(code);
  frequent.sort((a, b) => counts[b]! - counts[a]! || a - b);
  const columns = new Array<number>(size).fill(-1);
  let columnCount = 0;
  for (const code of frequent.slice(0, cap).sort((a, b) => a - b)) columns[code] = columnCount++;
  if (counts[0]! > 0) columns[0] = columnCount++;
  let others = counts[1]!;
  for (let code = 2; code < size; code++) if (columns[code] === -1) others += counts[code]!;
  if (others > 0) {
    const other = columnCount++;
    columns[1] = other;
    for (let code = 2; code < size; code++) if (columns[code] === -1) columns[code] = other;
  }
  return { columns, columnCount };
}

/** The place of each kind of column in a design. */
export interface Layout {
  /** First hinge column of each numeric feature. */
  readonly hinges: readonly number[];
  /** Missing column of each numeric feature, or −1. */
  readonly missing: readonly number[];
  /** First column of each categorical feature. */
  readonly categories: readonly number[];
  readonly denseCount: number;
  readonly columnCount: number;
}

/** Where the columns of an encoding are. */
export function layoutOf(encoding: Encoding): Layout {
  let next = encoding.numbers.length;
  const hinges = encoding.numbers.map(({ knots }) => {
    const first = next;
    next += knots.length;
    return first;
  });
  const denseCount = next;
  const missing = encoding.numbers.map((number) => (number.missing ? next++ : -1));
  const categories = encoding.categories.map(({ columnCount }) => {
    const first = next;
    next += columnCount;
    return first;
  });
  return { hinges, missing, categories, denseCount, columnCount: next };
}

/** The design of rows `start` to `end`; dense columns are computed in float32, as the graph does. */
export function encode(encoding: Encoding, features: Features, start = 0, end = features.rowCount): Design {
  const { hinges, missing, categories, denseCount, columnCount } = layoutOf(encoding);
  const rowCount = end - start;
  const dense = new Float32Array(rowCount * denseCount);
  const groups: Int32Array[] = [];
  for (let f = 0; f < encoding.numbers.length; f++) {
    const { fill, low, high, mean, scale, knots } = encoding.numbers[f]!;
    const values = features.numbers[f]!.values;
    const absent = missing[f]! >= 0 ? new Int32Array(rowCount).fill(-1) : undefined;
    for (let row = 0; row < rowCount; row++) {
      let x = values[start + row]!;
      if (Number.isNaN(x)) {
        x = fill;
        if (absent !== undefined) absent[row] = missing[f]!;
      }
      x = Math.min(high, Math.max(low, x));
      const z = Math.min(standardLimit, Math.max(-standardLimit, Math.fround(Math.fround(x - mean) / scale)));
      dense[row * denseCount + f] = z;
      for (let k = 0; k < knots.length; k++) {
        dense[row * denseCount + hinges[f]! + k] = Math.max(0, Math.fround(z - knots[k]!));
      }
    }
    if (absent !== undefined) groups.push(absent);
  }
  for (let f = 0; f < encoding.categories.length; f++) {
    const { columns, columnCount: own } = encoding.categories[f]!;
    if (own === 0) continue;
    const codes = features.categories[f]!.codes;
    const group = new Int32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      const column = columns[codes[start + row]!]!;
      group[row] = column < 0 ? -1 : categories[f]! + column;
    }
    groups.push(group);
  }
  return { rowCount, denseCount, dense, groups, columnCount };
}

/** Standard deviation of each column of a design; for importances. */
export function columnDeviations(design: Design): Float64Array {
  const { rowCount, denseCount, dense, groups, columnCount } = design;
  const sums = new Float64Array(columnCount);
  const squares = new Float64Array(columnCount);
  for (let row = 0; row < rowCount; row++) {
    for (let j = 0; j < denseCount; j++) {
      const value = dense[row * denseCount + j]!;
      sums[j]! += value;
      squares[j]! += value * value;
    }
    for (const group of groups) {
      const column = group[row]!;
      if (column < 0) continue;
      sums[column]!++;
      squares[column]!++;
    }
  }
  return squares.map((square, j) =>
    Math.sqrt(Math.max(0, square / rowCount - (sums[j]! / rowCount) * (sums[j]! / rowCount))),
  );
}
