/** Logits as probabilities, in place, without an overflow on either side. */
export function sigmoid(values: Float64Array): void {
  for (let i = 0; i < values.length; i++) {
    const small = Math.exp(-Math.abs(values[i]!));
    values[i] = values[i]! >= 0 ? 1 / (1 + small) : small / (1 + small);
  }
}

/** Rows of logits as probabilities that sum to 1, in place. */
export function softmax(values: Float64Array, width: number): void {
  for (let base = 0; base < values.length; base += width) {
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < width; k++) top = Math.max(top, values[base + k]!);
    let sum = 0;
    for (let k = 0; k < width; k++) {
      values[base + k] = Math.exp(values[base + k]! - top);
      sum += values[base + k]!;
    }
    for (let k = 0; k < width; k++) values[base + k]! /= sum;
  }
}
