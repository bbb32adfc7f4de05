// Values to bins. Bins of one row lie side by side; `stride` is the distance to the next row.

function advance(edge: usize, value: f32, edges: i32): usize {
  return load<f32>(edge + ((<usize>edges - 1) << 2)) < value ? edge + ((<usize>edges) << 2) : edge;
}

/** Bin of a value: the number of the 255 ascending edges that are below it, found in 8 steps without branches. */
export function binNumbers(column: usize, count: i32, edges: usize, missingBin: i32, out: usize, stride: i32): void {
  const end = column + ((<usize>count) << 2);
  for (; column < end; column += 4) {
    const value = load<f32>(column);
    let edge = advance(edges, value, 128);
    edge = advance(edge, value, 64);
    edge = advance(edge, value, 32);
    edge = advance(edge, value, 16);
    edge = advance(edge, value, 8);
    edge = advance(edge, value, 4);
    edge = advance(edge, value, 2);
    edge = advance(edge, value, 1);
    // biome-ignore lint/suspicious/noGlobalIsNan: a built-in of the dialect.
    store<u8>(out, isNaN<f32>(value) ? missingBin : <i32>((edge - edges) >> 2));
    out += <usize>stride;
  }
}

/** Bin of a category code by a table of bytes; codes beyond the table get the last bin of it. */
export function binCodes(column: usize, count: i32, table: usize, last: i32, out: usize, stride: i32): void {
  const end = column + ((<usize>count) << 2);
  for (; column < end; column += 4) {
    const code = load<u32>(column);
    store<u8>(out, load<u8>(table + <usize>(code < <u32>last ? code : <u32>last)));
    out += <usize>stride;
  }
}
