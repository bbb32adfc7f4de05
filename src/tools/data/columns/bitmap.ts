/** Bytes of a validity bitmap for so many rows. */
export const bitmapBytes = (rowCount: number): number => (rowCount + 7) >> 3;

/** Whether the value of a row is there; without a bitmap every value is. */
export function isValid(validity: Uint8Array | undefined, row: number): boolean {
  return validity === undefined || ((validity[row >> 3]! >> (row & 7)) & 1) === 1;
}

/** Number of rows whose value is missing. */
export function countMissing(validity: Uint8Array | undefined, rowCount: number): number {
  if (validity === undefined) return 0;
  let valid = 0;
  const whole = rowCount >> 3;
  for (let i = 0; i < whole; i++) valid += bits[validity[i]!]!;
  for (let row = whole << 3; row < rowCount; row++) valid += (validity[row >> 3]! >> (row & 7)) & 1;
  return rowCount - valid;
}

const bits = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** A set of rows that are missing, growing as rows are read; turned into a validity bitmap at the end. */
export class MissingRows {
  #bits = new Uint8Array(0);
  count = 0;

  add(row: number): void {
    const byte = row >> 3;
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(1024, byte * 2));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const mask = 1 << (row & 7);
    if ((this.#bits[byte]! & mask) === 0) {
      this.#bits[byte]! |= mask;
      this.count++;
    }
  }

  /** Takes a row out again. */
  delete(row: number): void {
    const byte = row >> 3;
    const mask = 1 << (row & 7);
    if (byte < this.#bits.length && (this.#bits[byte]! & mask) !== 0) {
      this.#bits[byte]! &= ~mask;
      this.count--;
    }
  }

  has(row: number): boolean {
    const byte = row >> 3;
    return byte < this.#bits.length && ((this.#bits[byte]! >> (row & 7)) & 1) === 1;
  }

  /** Adds every row of another set, moved by `shift`; `rowCount` is the other's number of rows. */
  addAll(other: Uint8Array, rowCount: number, shift: number): void {
    for (let byte = 0; byte < other.length; byte++) {
      if (other[byte] === 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        const row = byte * 8 + bit;
        if (row < rowCount && ((other[byte]! >> bit) & 1) === 1) this.add(row + shift);
      }
    }
  }

  /** The bits so far, 1 where missing. */
  get bytes(): Uint8Array {
    return this.#bits;
  }

  /** The validity bitmap of a table's column, or nothing where no row is missing. */
  validity(rowCount: number): Uint8Array | undefined {
    if (this.count === 0) return undefined;
    const validity = new Uint8Array(bitmapBytes(rowCount));
    for (let i = 0; i < validity.length; i++) validity[i] = ~(this.#bits[i] ?? 0);
    const rest = rowCount & 7;
    if (rest !== 0) validity[validity.length - 1]! &= (1 << rest) - 1;
    return validity;
  }
}
