import type { Features } from '../learner.ts';

/** How one number becomes inputs. All numbers are float32, so that every place computes with the same ones. */
export interface NumberEncoding {
  /** Median of the rows of the fit; stands for missing. */
  readonly fill: number;
  /** Whether an input of its own says that the value is missing. */
  readonly missing: boolean;
  /** Ends of the bins, rising; bin k is from edges[k] to edges[k + 1]. One edge: a constant, which gives no input. */
  readonly edges: readonly number[];
  /** Quantile encoding: the value at each edge, that of a standard normal of the same rank. Piecewise: absent. */
  readonly levels?: readonly number[];
}

/** How features become the inputs of a network: float32 [N, numberWidth] and int64 [N, categories]. */
export interface Encoding {
  readonly numbers: readonly NumberEncoding[];
  /** Codes of each categorical feature, missing and other included. */
  readonly sizes: readonly number[];
}

/** What numbers are encoded by. */
export interface EncodingOptions {
  readonly encoding: 'quantile' | 'piecewise';
  readonly bins: number;
}

/** Bins of the quantile encoding: enough that it looks smooth. */
const quantileBins = 32;

/**
 * Learns an encoding from the rows of a fit. Numbers: by quantiles to a standard normal, linear between them, as scikit-learn's
 * `QuantileTransformer`; or piecewise linear, a value for each bin that says how far into it the number reaches (Gorishniy,
 * Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular Deep Learning", 2022). Both are flat beyond the ends.
 */
export function learnEncoding(features: Features, options: EncodingOptions): Encoding {
  return {
    numbers: features.numbers.map(({ values }) => learnNumber(values, options)),
    sizes: features.categories.map(({ size }) => size),
  };
}

function learnNumber(values: Float32Array, { encoding, bins }: EncodingOptions): NumberEncoding {
  const present = values.filter((value) => Number.isFinite(value)).sort();
  const missing = values.some((value) => Number.isNaN(value));
  if (present.length === 0) return { fill: 0, missing, edges: [0] };
  const fill = present[(present.length - 1) >> 1]!;
  const wanted = encoding === 'quantile' ? quantileBins : bins;
  const edges: number[] = [];
  // Where values repeat, an edge stands for the middle of their ranks.
  const ranks: { first: number; last: number }[] = [];
  for (let k = 0; k <= wanted; k++) {
    const edge = present[Math.floor((k / wanted) * (present.length - 1))]!;
    if (edge === edges.at(-1)) {
      ranks.at(-1)!.last = k / wanted;
    } else {
      edges.push(edge);
      ranks.push({ first: k / wanted, last: k / wanted });
    }
  }
  if (encoding === 'piecewise' || edges.length === 1) return { fill, missing, edges };
  const levels = ranks.map(({ first, last }) => Math.fround(normalQuantile((first + last) / 2)));
  return { fill, missing, edges, levels };
}

/** The place of each kind of input. */
export interface Layout {
  /** First input of each number, and how many it has. */
  readonly starts: readonly number[];
  readonly widths: readonly number[];
  /** Input that says a number is missing, or −1. */
  readonly missing: readonly number[];
  /** Inputs of all numbers. */
  readonly numberWidth: number;
  /** First row of each category in the table of all embeddings. */
  readonly offsets: readonly number[];
  /** Rows of that table. */
  readonly entries: number;
}

/** Where the inputs of an encoding are. */
export function layoutOf({ numbers, sizes }: Encoding): Layout {
  let next = 0;
  const widths = numbers.map(({ edges, levels }) =>
    edges.length < 2 ? 0 : levels === undefined ? edges.length - 1 : 1,
  );
  const starts = widths.map((width) => {
    const start = next;
    next += width;
    return start;
  });
  const missing = numbers.map((number) => (number.missing ? next++ : -1));
  let entries = 0;
  const offsets = sizes.map((size) => {
    const first = entries;
    entries += size;
    return first;
  });
  return { starts, widths, missing, numberWidth: next, offsets, entries };
}

/** Inputs of a network, row by row. */
export interface Encoded<Numbers extends Float32Array | Float64Array> {
  readonly rowCount: number;
  /** [rowCount, numberWidth]. */
  readonly numbers: Numbers;
  /** [rowCount, categories]: rows of the table of all embeddings. */
  readonly entries: Int32Array;
}

/** The inputs of rows `start` to `end`, in an array of this type: float32 to train on, double to predict as the file does. */
export function encode<Numbers extends Float32Array | Float64Array>(
  encoding: Encoding,
  features: Features,
  type: { new (length: number): Numbers },
  start = 0,
  end = features.rowCount,
): Encoded<Numbers> {
  const { starts, missing, numberWidth, offsets } = layoutOf(encoding);
  const rowCount = end - start;
  const numbers = new type(rowCount * numberWidth);
  for (const [f, { fill, edges, levels }] of encoding.numbers.entries()) {
    const { values } = features.numbers[f]!;
    const last = edges.length - 1;
    for (let row = 0; row < rowCount; row++) {
      const base = row * numberWidth;
      let x = values[start + row]!;
      if (Number.isNaN(x)) {
        x = fill;
        if (missing[f]! >= 0) numbers[base + missing[f]!] = 1;
      }
      const at = base + starts[f]!;
      if (levels !== undefined) {
        numbers[at] = levels[0]!;
        for (let k = 0; k < last; k++) {
          if (x <= edges[k]!) break;
          numbers[at] = levels[k]! + placeIn(edges, k, x) * (levels[k + 1]! - levels[k]!);
        }
      } else {
        for (let k = 0; k < last; k++) {
          if (x <= edges[k]!) break;
          numbers[at + k] = placeIn(edges, k, x);
        }
      }
    }
  }
  const count = encoding.sizes.length;
  const entries = new Int32Array(rowCount * count);
  for (let f = 0; f < count; f++) {
    const { codes } = features.categories[f]!;
    for (let row = 0; row < rowCount; row++) entries[row * count + f] = offsets[f]! + codes[start + row]!;
  }
  return { rowCount, numbers, entries };
}

/** How far a value reaches into a bin, from 0 to 1. */
function placeIn(edges: readonly number[], k: number, x: number): number {
  const low = edges[k]!;
  return Math.min(1, (x - low) / (edges[k + 1]! - low));
}

/**
 * The quantile of the standard normal between 0.1 % and 99.9 %, by Acklam's rational approximation (relative error 1.2e-9).
 * Ranks beyond are those at the ends: what is rarest is no further out than three deviations.
 */
function normalQuantile(rank: number): number {
  const p = Math.min(0.999, Math.max(0.001, rank));
  const low = 0.02425;
  if (p < low || p > 1 - low) {
    const q = Math.sqrt(-2 * Math.log(p < low ? p : 1 - p));
    const top =
      ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
      2.938163982698783;
    const bottom =
      (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
    return p < low ? top / bottom : -top / bottom;
  }
  const q = p - 0.5;
  const r = q * q;
  const top =
    (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
      2.506628277459239) *
    q;
  const bottom =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return top / bottom;
}
