const digitBits = 11;
const buckets = 1 << digitBits;

/**
 * Rows by falling value; equal values (0 and −0 too) stand in order of row. A radix sort of the numbers' bits: several
 * times as fast as sorting with a comparison, which evaluating trials mostly consists of.
 */
export function sortRowsFalling(values: Float64Array): Int32Array {
  const count = values.length;
  // Adding 0 makes −0 a 0; flipping bits makes the order of unsigned integers the falling one of the numbers.
  const words = new Uint32Array(Float64Array.from(values, (value) => value + 0).buffer);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
  for (let row = 0; row < count; row++) {
    const top = words[2 * row + (littleEndian ? 1 : 0)]!;
    const bottom = words[2 * row + (littleEndian ? 0 : 1)]!;
    const negative = top >>> 31 === 1;
    high[row] = negative ? top : ~top & 0x7fffffff;
    low[row] = negative ? bottom : ~bottom;
  }
  let order = Int32Array.from({ length: count }, (_, row) => row);
  let next = new Int32Array(count);
  const starts = new Int32Array(buckets);
  for (const words of [low, high]) {
    for (let shift = 0; shift < 32; shift += digitBits) {
      starts.fill(0);
      for (let row = 0; row < count; row++) starts[(words[row]! >>> shift) & (buckets - 1)]!++;
      let sum = 0;
      let isConstant = false;
      for (let bucket = 0; bucket < buckets; bucket++) {
        const size = starts[bucket]!;
        if (size === count) isConstant = true;
        starts[bucket] = sum;
        sum += size;
      }
      if (isConstant) continue;
      for (let i = 0; i < count; i++) {
        const row = order[i]!;
        const bucket = (words[row]! >>> shift) & (buckets - 1);
        next[starts[bucket]!++] = row;
      }
      [order, next] = [next, order];
    }
  }
  return order;
}
