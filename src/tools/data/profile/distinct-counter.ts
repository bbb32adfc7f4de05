/** Distinct values up to which {@link DistinctCounter} is exact. */
export const exactLimit = 100_000;
const registerCount = 1 << 14;

/** 32 mixed bits of two words (MurmurHash3's rounds). */
export function mixWords(low: number, high: number, seed: number): number {
  let hash = seed;
  let word = Math.imul(low, 0xcc9e2d51);
  hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  word = Math.imul(high, 0xcc9e2d51);
  hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
  hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * Counts distinct pairs of 32-bit words: exactly up to 100,000, then by HyperLogLog with 16,384 registers (standard error
 * 0.8 %; Flajolet and others 2007).
 */
export class DistinctCounter {
  #slots = new Uint32Array(2048);
  #used = new Uint8Array(1024);
  #capacity = 1024;
  #size = 0;
  #isExact = true;
  readonly #registers = new Uint8Array(registerCount);

  /** Adds a pair of words. */
  add(low: number, high: number): void {
    const hash = mixWords(low, high, 0x9747b28c);
    // The low bits choose the register, the high ones give the rank; 32 bits do for some 10⁸ values.
    const register = hash & (registerCount - 1);
    const rank = Math.clz32(hash | (registerCount - 1)) + 1;
    if (rank > this.#registers[register]!) this.#registers[register] = rank;
    if (!this.#isExact) return;
    const mask = this.#capacity - 1;
    const slots = this.#slots;
    let slot = (hash >>> 8) & mask;
    while (this.#used[slot] === 1) {
      if (slots[slot * 2] === low >>> 0 && slots[slot * 2 + 1] === high >>> 0) return;
      slot = (slot + 1) & mask;
    }
    this.#used[slot] = 1;
    slots[slot * 2] = low;
    slots[slot * 2 + 1] = high;
    this.#size++;
    if (this.#size > exactLimit) {
      this.#isExact = false;
      this.#slots = new Uint32Array(0);
    } else if (this.#size * 2 > this.#capacity) this.#grow();
  }

  /** Adds numbers by their bits; minus zero is zero. */
  addNumbers(values: Float64Array): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    let i = 0;
    for (; i < values.length && this.#isExact; i++) {
      if (values[i] === 0) this.add(0, 0);
      else this.add(words[i * 2]!, words[i * 2 + 1]!);
    }
    const registers = this.#registers;
    for (; i < values.length; i++) {
      const isZero = values[i] === 0;
      const hash = mixWords(isZero ? 0 : words[i * 2]!, isZero ? 0 : words[i * 2 + 1]!, 0x9747b28c);
      const register = hash & (registerCount - 1);
      const rank = Math.clz32(hash | (registerCount - 1)) + 1;
      if (rank > registers[register]!) registers[register] = rank;
    }
  }

  #grow(): void {
    const [slots, used] = [this.#slots, this.#used];
    this.#capacity *= 4;
    this.#slots = new Uint32Array(this.#capacity * 2);
    this.#used = new Uint8Array(this.#capacity);
    for (let old = 0; old < used.length; old++) {
      if (used[old] === 0) continue;
      let slot = (mixWords(slots[old * 2]!, slots[old * 2 + 1]!, 0x9747b28c) >>> 8) & (this.#capacity - 1);
      while (this.#used[slot] === 1) slot = (slot + 1) & (this.#capacity - 1);
      this.#used[slot] = 1;
      this.#slots[slot * 2] = slots[old * 2]!;
      this.#slots[slot * 2 + 1] = slots[old * 2 + 1]!;
    }
  }

  get isExact(): boolean {
    return this.#isExact;
  }

  /** The number of distinct pairs, or its estimate. */
  get count(): number {
    if (this.#isExact) return this.#size;
    let sum = 0;
    for (const rank of this.#registers) sum += inverses[rank]!;
    const alpha = 0.7213 / (1 + 1.079 / registerCount);
    return Math.round((alpha * registerCount * registerCount) / sum);
  }
}

const inverses = Float64Array.from({ length: 34 }, (_, rank) => {
  let value = 1;
  for (let i = 0; i < rank; i++) value /= 2;
  return value;
});
