/** The splits of one tree in the order in which they were made; split `i` made leaf `i + 1` out of rows of leaf `leaf[i]`. */
export interface TreeSplits {
  count: number;
  /** The leaf that was split: it keeps the left rows. */
  readonly leaf: Int32Array;
  readonly feature: Int32Array;
  /** Last bin that goes left; for numbers. */
  readonly bin: Int32Array;
  readonly isMissingLeft: Uint8Array;
  readonly isCategory: Uint8Array;
  /** Eight words a split: the bins that go left; for categories. */
  readonly bits: Uint32Array;
  readonly gain: Float64Array;
  /** A split, or ~leaf. */
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** Room for the splits of a tree with so many leaves. */
export function createTreeSplits(leaves: number): TreeSplits {
  const most = leaves - 1;
  return {
    count: 0,
    leaf: new Int32Array(most),
    feature: new Int32Array(most),
    bin: new Int32Array(most),
    isMissingLeft: new Uint8Array(most),
    isCategory: new Uint8Array(most),
    bits: new Uint32Array(most * 8),
    gain: new Float64Array(most),
    left: new Int32Array(most),
    right: new Int32Array(most),
  };
}

/** Writes for each of the 256 bins of the split's feature whether it goes left. `bins` is the bin of missing values. */
export function writeSides(splits: TreeSplits, split: number, bins: number, table: Uint8Array): void {
  if (splits.isCategory[split] === 1) {
    for (let bin = 0; bin < 256; bin++) table[bin] = (splits.bits[8 * split + (bin >>> 5)]! >>> (bin & 31)) & 1;
    return;
  }
  const last = splits.bin[split]! + 1;
  table.fill(1, 0, last);
  table.fill(0, last, 256);
  table[bins] = splits.isMissingLeft[split]!;
}
