/** Ranks from 1, ties by their mean. */
export function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

/** Area under the ROC curve of scores (Mann–Whitney); 0.5 where a class is absent. */
export function areaUnderRoc(scores: Float64Array, positive: (row: number) => boolean): number {
  const ranked = ranks(scores);
  let positives = 0;
  let sum = 0;
  for (let row = 0; row < scores.length; row++) {
    if (!positive(row)) continue;
    positives++;
    sum += ranked[row]!;
  }
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0) return 0.5;
  return (sum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Pearson's correlation; 0 where a side does not vary. */
export function correlation(left: Float64Array, right: Float64Array): number {
  const count = left.length;
  let meanLeft = 0;
  let meanRight = 0;
  for (let i = 0; i < count; i++) {
    meanLeft += left[i]! / count;
    meanRight += right[i]! / count;
  }
  let both = 0;
  let squareLeft = 0;
  let squareRight = 0;
  for (let i = 0; i < count; i++) {
    const a = left[i]! - meanLeft;
    const b = right[i]! - meanRight;
    both += a * b;
    squareLeft += a * a;
    squareRight += b * b;
  }
  return squareLeft > 0 && squareRight > 0 ? both / (Math.sqrt(squareLeft) * Math.sqrt(squareRight)) : 0;
}
