import type { CategoryFeature, Features, NumberFeature } from '../../learn/learner.ts';

/** The features of some rows, in the order of `rows`. */
export function takeFeatures(features: Features, rows: ArrayLike<number>): Features {
  const numbers: NumberFeature[] = features.numbers.map(({ name, values }) => {
    const taken = new Float32Array(rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]!]!;
    return { name, values: taken };
  });
  const categories: CategoryFeature[] = features.categories.map(({ name, codes, size }) => {
    const taken = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = codes[rows[i]!]!;
    return { name, codes: taken, size };
  });
  return { rowCount: rows.length, numbers, categories };
}

/** The values of some rows, in the order of `rows`. */
export function takeValues(values: Float64Array, rows: ArrayLike<number>): Float64Array {
  const taken = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]!]!;
  return taken;
}
