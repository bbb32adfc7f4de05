const bucketCount = 4096;

/**
 * The values at some ranks of the sorted order, without sorting: values are counted in buckets of equal width, and only
 * the buckets that hold a rank are looked into, the same way again.
 *
 * @param ranks From 0, ascending.
 */
export function orderStatistics(values: Float64Array, ranks: readonly number[]): number[] {
  const found = new Array<number>(ranks.length);
  select(
    values,
    ranks.map((rank, index) => ({ rank, index })),
    found,
  );
  return found;
}

interface Wanted {
  readonly rank: number;
  readonly index: number;
}

function select(values: Float64Array, wanted: readonly Wanted[], found: number[]): void {
  if (values.length <= bucketCount) {
    const sorted = values.slice().sort();
    for (const { rank, index } of wanted) found[index] = sorted[rank]!;
    return;
  }
  let min = values[0]!;
  let max = min;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  const scale = bucketCount / (max - min);
  if (min === max || !(scale > 0) || !Number.isFinite(scale)) {
    const sorted = min === max ? values : values.slice().sort();
    for (const { rank, index } of wanted) found[index] = sorted[rank]!;
    return;
  }
  const counts = new Uint32Array(bucketCount + 1);
  for (let i = 0; i < values.length; i++) counts[((values[i]! - min) * scale) | 0]!++;
  // The greatest value falls on the edge behind the last bucket.
  counts[bucketCount - 1]! += counts[bucketCount]!;
  const groups = new Map<number, { before: number; wanted: Wanted[] }>();
  let bucket = 0;
  let before = 0;
  for (const { rank, index } of wanted) {
    while (rank >= before + counts[bucket]!) before += counts[bucket++]!;
    const group = groups.get(bucket) ?? { before, wanted: [] };
    group.wanted.push({ rank: rank - before, index });
    groups.set(bucket, group);
  }
  const slots = new Int16Array(bucketCount + 1).fill(-1);
  const inside: Float64Array[] = [];
  for (const one of groups.keys()) {
    slots[one] = inside.length;
    inside.push(new Float64Array(counts[one]!));
  }
  slots[bucketCount] = slots[bucketCount - 1]!;
  const filled = new Uint32Array(inside.length);
  for (let i = 0; i < values.length; i++) {
    const slot = slots[((values[i]! - min) * scale) | 0]!;
    if (slot >= 0) inside[slot]![filled[slot]!++] = values[i]!;
  }
  for (const [one, group] of groups) select(inside[slots[one]!]!, group.wanted, found);
}

/** Quantiles by linear interpolation between order statistics (Hyndman and Fan's type 7, numpy's default). */
export function quantiles(values: Float64Array, levels: readonly number[]): number[] {
  const last = values.length - 1;
  const positions = levels.map((level) => level * last);
  const ranks = [...new Set(positions.flatMap((at) => [Math.floor(at), Math.ceil(at)]))].sort((a, b) => a - b);
  const found = new Map(orderStatistics(values, ranks).map((value, index) => [ranks[index]!, value]));
  return positions.map((at) => {
    const low = found.get(Math.floor(at))!;
    return low + (found.get(Math.ceil(at))! - low) * (at - Math.floor(at));
  });
}
