/** Numbers distinct byte strings from 0 in the order in which they come; open addressing over FNV-1a hashes. */
export class ByteDictionary {
  #capacity = 1024;
  #table = new Int32Array(1024).fill(-1);
  #hashes: number[] = [];
  #offsets: number[] = [0];
  #bytes = new Uint8Array(1 << 14);
  size = 0;

  /** The code of `buffer[start..end)`, whose hash is `hash`. */
  get(buffer: Uint8Array, start: number, end: number, hash: number): number {
    const length = end - start;
    const mask = this.#capacity - 1;
    const table = this.#table;
    let slot = hash & mask;
    for (;;) {
      const code = table[slot]!;
      if (code < 0) break;
      const offset = this.#offsets[code]!;
      if (this.#hashes[code] === hash && this.#offsets[code + 1]! - offset === length) {
        const bytes = this.#bytes;
        let i = 0;
        while (i < length && bytes[offset + i] === buffer[start + i]) i++;
        if (i === length) return code;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(slot, buffer.subarray(start, end), hash);
  }

  #add(slot: number, text: Uint8Array, hash: number): number {
    const code = this.size++;
    this.#table[slot] = code;
    this.#hashes.push(hash);
    const offset = this.#offsets[code]!;
    const end = offset + text.length;
    if (end > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, offset));
      this.#bytes = bytes;
    }
    this.#bytes.set(text, offset);
    this.#offsets.push(end);
    if (this.size * 2 > this.#capacity) this.#grow();
    return code;
  }

  #grow(): void {
    this.#capacity *= 4;
    const mask = this.#capacity - 1;
    this.#table = new Int32Array(this.#capacity).fill(-1);
    for (let code = 0; code < this.size; code++) {
      let slot = this.#hashes[code]! & mask;
      while (this.#table[slot]! >= 0) slot = (slot + 1) & mask;
      this.#table[slot] = code;
    }
  }

  /** Bytes of all entries together. */
  get byteLength(): number {
    return this.#offsets[this.size]!;
  }

  /** The bytes of one entry. */
  entry(code: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[code]!, this.#offsets[code + 1]!);
  }

  /** All entries as strings, by code. */
  strings(): string[] {
    const bytes = Buffer.from(this.#bytes.buffer);
    return this.#hashes.map((_, code) => bytes.toString('utf8', this.#offsets[code]!, this.#offsets[code + 1]!));
  }
}
