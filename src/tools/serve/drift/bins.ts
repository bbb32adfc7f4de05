import type { Tensors } from '../../../backends/backend.ts';
import type { ModelSignature } from '../../../onnx/signature.ts';
import { missingDatetime } from '../../data/prepare/datetime-graph.ts';
import type { Histogram } from './reference.ts';

/** Counts rows of tensors into the bins of histograms. */
export interface BinCounter {
  /** Where the bins of each column begin; predictions come after the last column. */
  readonly offsets: readonly number[];
  /** All bins. */
  readonly size: number;
  /** Adds rows to counts of `size` bins; of predictions where there are outputs and a histogram of them. */
  add(counts: Uint32Array, inputs: Tensors, outputs: Tensors | undefined, from: number, to: number): void;
}

type Adder = (counts: Uint32Array, tensors: Tensors, from: number, to: number) => void;

/** Makes the counter of a signature's columns and predictions; what does not depend on rows is looked up once. */
export function createBinCounter(
  signature: ModelSignature,
  columns: readonly Histogram[],
  prediction: Histogram | undefined,
): BinCounter {
  const offsets: number[] = [];
  let size = 0;
  const placed = (histogram: Histogram): number => {
    const at = size;
    offsets.push(at);
    size += histogram.counts.length;
    return at;
  };
  const adders = signature.inputs.map((input, i): Adder => {
    const histogram = columns[i]!;
    const at = placed(histogram);
    const { tensor, index } = input;
    if (histogram.kind === 'values') {
      const known = input.kind === 'category' ? input.categories : [];
      const binOf = valueBins(histogram, known, at);
      binOf.set(signature.missingCategory, at + histogram.counts.length - 1);
      return valueAdder(tensor, index, binOf, at + histogram.places.length + 1);
    }
    return tensor === 'datetimes'
      ? datetimeAdder(index, histogram.edges, at)
      : rangeAdder(tensor, index, histogram.edges, at);
  });
  const predictions = prediction && predictionAdder(signature, prediction, placed(prediction));
  return {
    offsets,
    size,
    add(counts, inputs, outputs, from, to) {
      for (const add of adders) add(counts, inputs, from, to);
      if (outputs !== undefined) predictions?.(counts, outputs, from, to);
    },
  };
}

function predictionAdder({ output }: ModelSignature, histogram: Histogram, at: number): Adder {
  if (output.kind === 'regression') return rangeAdder('prediction', 0, edgesOf(histogram), at);
  if (histogram.kind === 'ranges') return rangeAdder('probabilities', 1, histogram.edges, at);
  return valueAdder('label', 0, valueBins(histogram, output.classes, at), at + histogram.places.length + 1);
}

const edgesOf = (histogram: Histogram): readonly number[] => (histogram.kind === 'ranges' ? histogram.edges : []);

/** Columns of a tensor: 1 where it has one dimension. */
const widthOf = (shape: readonly number[]): number => shape[1] ?? 1;

function rangeAdder(tensor: string, index: number, edges: readonly number[], at: number): Adder {
  const limits = Float64Array.from(edges);
  const missing = at + limits.length + 1;
  return (counts, tensors, from, to) => {
    const { data, shape } = tensors[tensor]!;
    const values = data as Float32Array;
    const width = widthOf(shape);
    for (let row = from, i = from * width + index; row < to; row++, i += width) {
      const value = values[i]!;
      if (Number.isNaN(value)) counts[missing]!++;
      else counts[at + binIn(limits, value)]!++;
    }
  };
}

/** How many limits a value is above: halving, since a column may have twenty. */
function binIn(limits: Float64Array, value: number): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value > limits[middle]!) low = middle + 1;
    else high = middle;
  }
  return low;
}

function datetimeAdder(index: number, edges: readonly number[], at: number): Adder {
  const limits = Float64Array.from(edges);
  const missing = at + limits.length + 1;
  return (counts, tensors, from, to) => {
    const { data, shape } = tensors.datetimes!;
    const values = data as BigInt64Array;
    const width = widthOf(shape);
    for (let row = from, i = from * width + index; row < to; row++, i += width) {
      const value = values[i]!;
      if (value === missingDatetime) counts[missing]!++;
      else counts[at + binIn(limits, Number(value))]!++;
    }
  };
}

/** Bins of all values that are known: their own, or that of the others. */
function valueBins({ places }: Histogram & { kind: 'values' }, known: readonly string[], at: number) {
  const bins = new Map<string, number>();
  for (const name of known) bins.set(name, at + places.length);
  for (const [i, place] of places.entries()) bins.set(known[place]!, at + i);
  return bins;
}

function valueAdder(tensor: string, index: number, bins: ReadonlyMap<string, number>, unknown: number): Adder {
  return (counts, tensors, from, to) => {
    const { data, shape } = tensors[tensor]!;
    const values = data as readonly string[];
    const width = widthOf(shape);
    for (let row = from, i = from * width + index; row < to; row++, i += width)
      counts[bins.get(values[i]!) ?? unknown]!++;
  };
}
