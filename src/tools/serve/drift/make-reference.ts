import type { Tensors } from '../../../backends/backend.ts';
import type { ModelSignature, SignatureInput } from '../../../onnx/signature.ts';
import { missingDatetime } from '../../data/prepare/datetime-graph.ts';
import { createBinCounter } from './bins.ts';
import type { DriftReference, Histogram } from './reference.ts';

/** Bins of a number: tenths of the training rows. */
const mostBins = 10;
/** Categories, or classes, with a bin of their own. */
const mostValues = 18;
/** Less is told of no value and no range. */
const leastCount = 10;

/** Predictions on rows that their model had not seen. */
export type OutOfFoldPredictions =
  /** Of the positive class, or of a regression. */
  | { readonly kind: 'numbers'; readonly values: ArrayLike<number> }
  | { readonly kind: 'classes'; readonly labels: ArrayLike<number>; readonly classCount: number };

/**
 * Counts what a model learnt from, for a service to compare with. Numbers and dates by tenths (a value that is more than a
 * tenth alone gets a bin of its own), categories by the commonest. No bin tells of 1 to 9 rows: ranges are joined
 * with a neighbour; of anything else −1 is told, and the rows are added to the largest bin.
 *
 * @param inputs - rows as the graph takes them
 */
export function makeReference(
  signature: ModelSignature,
  inputs: Tensors,
  predictions: OutOfFoldPredictions | undefined,
  score: DriftReference['score'],
): DriftReference {
  const rows = Object.values(inputs)[0]!.shape[0]!;
  const empty = signature.inputs.map((input) => emptyHistogram(input, inputs));
  const counter = createBinCounter(signature, empty, undefined);
  const counts = new Uint32Array(counter.size);
  counter.add(counts, inputs, undefined, 0, rows);
  const columns = empty.map((histogram, i) => {
    const at = counter.offsets[i]!;
    return told({ ...histogram, counts: Array.from(counts.subarray(at, at + histogram.counts.length)) });
  });
  return {
    formatVersion: 1,
    rows,
    columns,
    ...(predictions === undefined ? {} : { prediction: told(countPredictions(predictions)) }),
    ...(score === undefined ? {} : { score }),
  };
}

/** The bins of a column, from its values; nothing is counted. */
function emptyHistogram(input: SignatureInput, inputs: Tensors): Histogram {
  const { data, shape } = inputs[input.tensor]!;
  const width = shape[1]!;
  const rows = shape[0]!;
  const cell = <T>(row: number): T => data[row * width + input.index] as T;
  if (input.kind === 'boolean') return ranges([0]);
  if (input.kind === 'category') {
    const places = new Map(input.categories.map((name, place) => [name, place]));
    const seen = new Uint32Array(input.categories.length);
    for (let row = 0; row < rows; row++) {
      const place = places.get(cell<string>(row));
      if (place !== undefined) seen[place]!++;
    }
    return values(commonest(seen));
  }
  const found: number[] = [];
  if (input.kind === 'datetime') {
    for (let row = 0; row < rows; row++) {
      const value = cell<bigint>(row);
      if (value !== missingDatetime) found.push(Number(value));
    }
    return ranges(tenths(found, (value) => value - 1));
  }
  for (let row = 0; row < rows; row++) {
    const value = cell<number>(row);
    if (!Number.isNaN(value)) found.push(value);
  }
  return ranges(tenths(found, float32Below).map(shortest));
}

const ranges = (edges: readonly number[]): Histogram => ({
  kind: 'ranges',
  edges: [...edges],
  counts: new Array<number>(edges.length + 2).fill(0),
});

const values = (places: readonly number[]): Histogram => ({
  kind: 'values',
  places: [...places],
  counts: new Array<number>(places.length + 3).fill(0),
});

/** Places with enough rows, commonest first, and of equal ones the first. */
function commonest(counts: Uint32Array): readonly number[] {
  return Array.from(counts.keys())
    .filter((place) => counts[place]! >= leastCount)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, mostValues);
}

/** Where the tenths of some values end; one that is more than a tenth alone has an edge below it too. */
function tenths(found: readonly number[], below: (value: number) => number): readonly number[] {
  const sorted = Float64Array.from(found).sort();
  const bins = Math.min(mostBins, Math.floor(sorted.length / leastCount));
  const edges = new Set<number>();
  let last: number | undefined;
  for (let k = 1; k < bins; k++) {
    const value = sorted[Math.ceil((k * sorted.length) / bins) - 1]!;
    if (value === last) edges.add(below(value));
    edges.add(value);
    last = value;
  }
  return [...edges].sort((a, b) => a - b);
}

const bits = new DataView(new ArrayBuffer(4));

/** The greatest float32 below another. */
function float32Below(value: number): number {
  if (value === 0) return -1.401298464324817e-45;
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + (value > 0 ? -1 : 1));
  return bits.getFloat32(0);
}

/** The shortest decimal that is read as the same float32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

function countPredictions(predictions: OutOfFoldPredictions): Histogram {
  if (predictions.kind === 'classes') {
    const { labels, classCount } = predictions;
    const seen = new Uint32Array(classCount);
    for (let i = 0; i < labels.length; i++) seen[labels[i]!]!++;
    const places = commonest(seen);
    const named = places.map((place) => seen[place]!);
    return { ...values(places), counts: [...named, labels.length - named.reduce((a, b) => a + b, 0), 0, 0] };
  }
  const found = Array.from(predictions.values, Math.fround);
  const edges = tenths(found, float32Below).map(shortest);
  const limits = edges.map(Math.fround);
  const counts = new Array<number>(edges.length + 2).fill(0);
  for (const value of found) {
    const bin = Number.isNaN(value) ? edges.length + 1 : limits.filter((limit) => value > limit).length;
    counts[bin]!++;
  }
  return { kind: 'ranges', edges, counts };
}

/** The same rows, without a bin that tells of 1 to 9 of them. */
function told(histogram: Histogram): Histogram {
  const { kind } = histogram;
  const counts = [...histogram.counts];
  const isSmall = (count: number): boolean => count > 0 && count < leastCount;
  if (kind === 'values') return { ...histogram, counts: addedToLargest(counts, isSmall) };
  const edges = [...histogram.edges];
  const isBoolean = edges.length === 1 && edges[0] === 0;
  while (!isBoolean && edges.length > 0) {
    const bin = counts.slice(0, -1).findIndex(isSmall);
    if (bin < 0) break;
    const isLeft = bin === edges.length || (bin > 0 && counts[bin - 1]! <= counts[bin + 1]!);
    const edge = isLeft ? bin - 1 : bin;
    counts.splice(edge, 2, counts[edge]! + counts[edge + 1]!);
    edges.splice(edge, 1);
  }
  return { kind, edges, counts: addedToLargest(counts, isSmall) };
}

function addedToLargest(counts: readonly number[], isSmall: (count: number) => boolean): number[] {
  const largest = counts.indexOf(Math.max(...counts));
  const added = counts.reduce((sum, count, i) => sum + (i !== largest && isSmall(count) ? count : 0), 0);
  return counts.map((count, i) => (i === largest ? count + added : isSmall(count) ? -1 : count));
}
