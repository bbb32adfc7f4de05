/** `values[rows[i]]` for each i, in an array of the same type. */
export function gather<T extends Int32Array | Uint32Array | Uint8Array | Float64Array>(
  values: T,
  rows: ArrayLike<number>,
): T {
  // `from` with a function is ten times slower than this loop, and a split gathers a dozen times.
  const taken = new (values.constructor as new (length: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) taken[i] = values[rows[i]!]!;
  return taken;
}
