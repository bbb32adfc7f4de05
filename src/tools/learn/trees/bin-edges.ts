/** Sorts sampled values without a comparison: three passes of 11 bits over the float32 bits, made monotone. */
export class ValueSorter {
  readonly #a: Uint32Array;
  readonly #b: Uint32Array;
  readonly #counts = new Uint32Array(2048);

  constructor(capacity: number) {
    this.#a = new Uint32Array(capacity);
    this.#b = new Uint32Array(capacity);
  }

  /** The values of at most `capacity` rows, spread over the column, ascending and without NaN. Valid until the next call. */
  sortSample(column: Float32Array): Float32Array {
    const capacity = this.#a.length;
    if (column.length > capacity) return this.#radixSort(pickSample(column, capacity));
    if (column.length > 2000) return this.#radixSort(column);
    const sorted = Float32Array.from(column).sort();
    let length = sorted.length;
    while (length > 0 && Number.isNaN(sorted[length - 1])) length--;
    return sorted.subarray(0, length);
  }

  #radixSort(values: Float32Array): Float32Array {
    let from = this.#a;
    let to = this.#b;
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    let count = 0;
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]!;
      // Exponent all ones with a fraction: NaN.
      if ((word & 0x7fffffff) > 0x7f800000) continue;
      from[count++] = word ^ ((word >> 31) | 0x80000000);
    }
    const counts = this.#counts;
    for (let shift = 0; shift < 33; shift += 11) {
      counts.fill(0);
      for (let i = 0; i < count; i++) counts[(from[i]! >>> shift) & 2047]!++;
      let sum = 0;
      for (let digit = 0; digit < 2048; digit++) {
        const here = counts[digit]!;
        counts[digit] = sum;
        sum += here;
      }
      for (let i = 0; i < count; i++) {
        const word = from[i]!;
        to[counts[(word >>> shift) & 2047]!++] = word;
      }
      [from, to] = [to, from];
    }
    for (let i = 0; i < count; i++) {
      const word = from[i]!;
      from[i] = word ^ (word >>> 31 ? 0x80000000 : 0xffffffff);
    }
    return new Float32Array(from.buffer, 0, count);
  }
}

/** One value of each stretch of rows, at a place that changes from stretch to stretch, so that no period of the data is hit. */
function pickSample(column: Float32Array, size: number): Float32Array {
  const sample = new Float32Array(size);
  const stretch = Math.floor(column.length / size);
  for (let i = 0; i < size; i++) sample[i] = column[i * stretch + ((Math.imul(i, 0x9e3779b1) >>> 16) % stretch)]!;
  return sample;
}

/** First place of each distinct value; kept from call to call. */
let starts = new Uint32Array(0);

/**
 * Edges of at most `maxBins` bins for ascending values, of nearly equal counts; a value that alone fills a bin gets its own
 * (LightGBM's GreedyFindBin). An edge is a float32 between two neighbouring values, and belongs to the bin below it.
 * Fills `edges` up with Infinity. Returns the number of bins.
 */
export function findEdges(sorted: Float32Array, maxBins: number, minBinSamples: number, edges: Float32Array): number {
  edges.fill(Number.POSITIVE_INFINITY);
  const n = sorted.length;
  if (starts.length < n) starts = new Uint32Array(n);
  let distinct = 0;
  for (let i = 0; i < n; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) starts[distinct++] = i;
  const countOf = (i: number): number => (i + 1 < distinct ? starts[i + 1]! : n) - starts[i]!;
  const most = Math.max(1, Math.min(maxBins, Math.floor(n / minBinSamples)));
  const isFew = distinct <= maxBins;

  let restBins = most;
  let restSamples = n;
  const fullBin = isFew ? minBinSamples : n / most;
  if (!isFew) {
    for (let i = 0; i < distinct; i++) {
      if (countOf(i) < fullBin) continue;
      restBins--;
      restSamples -= countOf(i);
    }
  }
  let mean = isFew ? minBinSamples : restSamples / Math.max(1, restBins);
  const isBig = (i: number): boolean => !isFew && countOf(i) >= fullBin;

  let bins = 0;
  let held = 0;
  for (let i = 0; i + 1 < distinct && bins + 1 < maxBins; i++) {
    const isBigHere = isBig(i);
    if (!isBigHere) restSamples -= countOf(i);
    held += countOf(i);
    if (!isBigHere && held < mean && !(isBig(i + 1) && held >= Math.max(1, mean / 2))) continue;
    edges[bins++] = edgeBetween(sorted[starts[i]!]!, sorted[starts[i + 1]!]!);
    held = 0;
    if (!isBigHere && !isFew) mean = restSamples / Math.max(1, --restBins);
  }
  return bins + 1;
}

/** A float32 `e` with low ≤ e < high, in the middle where there is one. */
function edgeBetween(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

/**
 * Gives the most frequent codes a bin of their own and all others, seen or not, the bin after them.
 * Fills `table` (one entry a code, one more for codes beyond). Returns the number of bins without that of the others.
 */
export function tabulateCategories(codes: Int32Array, maxBins: number, table: Uint8Array): number {
  const size = table.length - 1;
  const counts = new Uint32Array(size);
  for (let i = 0; i < codes.length; i++) if (codes[i]! < size) counts[codes[i]!]!++;
  const seen: number[] = [];
  for (let code = 0; code < size; code++) if (counts[code]! > 0) seen.push(code);
  seen.sort((a, b) => counts[b]! - counts[a]! || a - b);
  const bins = Math.min(seen.length, maxBins);
  table.fill(bins);
  for (let bin = 0; bin < bins; bin++) table[seen[bin]!] = bin;
  return bins;
}
