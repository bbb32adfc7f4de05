// Lists of row numbers (uint32), and what is done with them.

/** Writes the row numbers from … to − 1 at their own places. */
export function fillRows(rows: usize, from: i32, to: i32): void {
  for (let row = from; row < to; row++) store<u32>(rows + ((<usize>row) << 2), row);
}

/**
 * Stable partition without branches: rows whose bin has 1 in the table go to `left`, those with 0 to `right`.
 * Each row is written to both lists; only one of them moves on. `left` may be the list itself. Returns the left count.
 */
export function partition(
  bins: usize,
  stride: i32,
  rows: usize,
  count: i32,
  goesLeft: usize,
  left: usize,
  right: usize,
): i32 {
  const leftStart = left;
  const end = rows + ((<usize>count) << 2);
  while (rows < end) {
    const row = load<u32>(rows);
    const step = (<usize>load<u8>(goesLeft + <usize>load<u8>(bins + <usize>row * <usize>stride))) << 2;
    store<u32>(left, row);
    store<u32>(right, row);
    left += step;
    right += 4 - step;
    rows += 4;
  }
  return <i32>((left - leftStart) >> 2);
}

/** Adds a value to the scores of listed rows. */
export function addToRows(rows: usize, count: i32, scores: usize, value: f64): void {
  const end = rows + ((<usize>count) << 2);
  for (; rows < end; rows += 4) {
    const at = scores + ((<usize>load<u32>(rows)) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}

export function copyBytes(to: usize, from: usize, count: i32): void {
  memory.copy(to, from, <usize>count);
}

export function zeroBytes(at: usize, count: i32): void {
  memory.fill(at, 0, <usize>count);
}
