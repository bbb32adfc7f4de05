/** Bytes that a byte of the framing of chunks counts as: each chunk has five of them at least, and costs as much as a kilobyte. */
const framingBytes = 256;
/** A part counts as at least so many bytes: to read a packet of one byte costs as much as one of many, some microseconds. */
const leastPartBytes = 512;

/**
 * The parts of a body as they come, up to a limit. They are copied together, since each would otherwise be an object of a hundred bytes and more
 * until the last one came: a megabyte in chunks of one byte would be a hundred megabytes of memory, and seconds of work.
 */
export class BodyBuffer {
  readonly #most: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  #counted = 0;

  constructor(maxBytes: number) {
    this.#most = maxBytes;
  }

  /**
   * Takes a part; `false` where that is too much.
   *
   * @param framing - bytes that came with it and were not its own
   * @default 0
   */
  add(part: Uint8Array, framing = 0): boolean {
    // The first is what most bodies are; of a limit below its least it would be too much by itself.
    this.#counted += this.#length === 0 ? part.length : Math.max(part.length, leastPartBytes);
    this.#counted += framing * framingBytes;
    if (this.#counted > this.#most) return false;
    if (this.#length === 0) this.#bytes = part;
    else {
      const length = this.#length + part.length;
      // The first part is not ours to write to: it is as long as what it holds.
      if (length > this.#bytes.length) {
        const larger = new Uint8Array(Math.min(this.#most, 2 * length));
        larger.set(this.#bytes.subarray(0, this.#length));
        this.#bytes = larger;
      }
      this.#bytes.set(part, this.#length);
    }
    this.#length += part.length;
    return true;
  }

  /** What came so far. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
