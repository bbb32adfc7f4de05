import type { Prediction } from './metric.ts';

/** Some rows of a prediction. */
export function part(prediction: Prediction, rows: Uint32Array): Prediction {
  const { classCount, probabilities, labels, values } = prediction;
  return {
    classCount,
    ...(probabilities && { probabilities: pick(probabilities, rows, classCount > 2 ? classCount : 1) }),
    ...(labels && { labels: Int32Array.from(rows, (row) => labels[row]!) }),
    ...(values && { values: pick(values, rows, 1) }),
  };
}

/** Some rows of a row-major array. @param width - numbers a row */
export function pick(values: Float64Array, rows: Uint32Array, width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}
