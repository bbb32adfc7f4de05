import { randomInt } from 'node:crypto';

/** Characters of an id, at most. */
const idLength = 64;
const none = 0xffff_ffff;

/**
 * Predictions that wait for their outcomes, by request id: a ring of fixed size, in which the newest takes the place of the oldest.
 *
 * All is in typed arrays that are made once: 100,000 objects that live for a while and die in their order are what a generational
 * garbage collector is worst at, and a map of them that must be made anew from time to time stops everything meanwhile.
 */
export class WaitingPredictions {
  readonly #limit: number;
  readonly #seed = randomInt(0x1_0000_0000);
  readonly #mask: number;
  /** The first entry of each chain of a hash, and the next one of each entry. */
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #hashes: Uint32Array;
  readonly #ids: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #until: Float64Array;
  readonly #versions: Uint32Array;
  /** Where the predictions of an entry begin in the second ring, and how many they are. */
  readonly #starts: Uint32Array;
  readonly #counts: Uint32Array;
  readonly #values: Float64Array;
  /** What a value is: nothing any more, a number, or the place of a class among the names. */
  readonly #kinds: Uint8Array;
  readonly #names: string[] = [];
  readonly #places = new Map<string, number>();
  #oldest = 0;
  #entries = 0;
  #firstValue = 0;
  #size = 0;

  /** @param limit - predictions that wait, at most */
  constructor(limit: number) {
    this.#limit = limit;
    let chains = 2;
    while (chains < 2 * limit) chains *= 2;
    this.#mask = chains - 1;
    this.#heads = new Uint32Array(this.#mask + 1).fill(none);
    this.#next = new Uint32Array(limit);
    this.#hashes = new Uint32Array(limit);
    this.#ids = new Uint8Array(limit * idLength);
    this.#lengths = new Uint8Array(limit);
    this.#until = new Float64Array(limit);
    this.#versions = new Uint32Array(limit);
    this.#starts = new Uint32Array(limit);
    this.#counts = new Uint32Array(limit);
    this.#values = new Float64Array(limit);
    this.#kinds = new Uint8Array(limit);
  }

  /** Predictions that wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Keeps what was predicted for a request; the oldest make room.
   *
   * @param id - of 64 characters of Latin-1 at most
   * @param until - when it goes, in milliseconds since 1970
   * @returns whether it is kept: not where the id is one that waits already or is none, or where there are more predictions than may wait
   */
  add(id: string, version: string, predictions: readonly (string | number)[], until: number, now: number): boolean {
    while (this.#entries > 0 && this.#until[this.#oldest]! <= now) this.#drop();
    const count = predictions.length;
    if (count === 0 || count > this.#limit || id.length > idLength) return false;
    const hash = this.#hash(id);
    if (hash === undefined || this.#find(id, hash) !== none) return false;
    while (this.#size + count > this.#limit) this.#drop();

    const entry = (this.#oldest + this.#entries) % this.#limit;
    for (let i = 0, at = entry * idLength; i < id.length; i++, at++) this.#ids[at] = id.charCodeAt(i);
    this.#lengths[entry] = id.length;
    this.#hashes[entry] = hash;
    const chain = hash & this.#mask;
    this.#next[entry] = this.#heads[chain]!;
    this.#heads[chain] = entry;
    this.#until[entry] = until;
    this.#versions[entry] = this.#place(version);
    const start = (this.#firstValue + this.#size) % this.#limit;
    this.#starts[entry] = start;
    this.#counts[entry] = count;
    for (let i = 0, at = start; i < count; i++, at++) {
      if (at === this.#limit) at = 0;
      const value = predictions[i]!;
      this.#values[at] = typeof value === 'number' ? value : this.#place(value);
      this.#kinds[at] = typeof value === 'number' ? 1 : 2;
    }
    this.#entries++;
    this.#size += count;
    return true;
  }

  /** What waits by an id: its place, which holds until the next `add`. */
  find(id: string): number | undefined {
    if (id.length > idLength) return undefined;
    const hash = this.#hash(id);
    const entry = hash === undefined ? none : this.#find(id, hash);
    return entry === none ? undefined : entry;
  }

  /** The version that predicted, when it goes, and how many predictions it has. */
  about(entry: number): { readonly version: string; readonly until: number; readonly count: number } {
    const version = this.#names[this.#versions[entry]!]!;
    return { version, until: this.#until[entry]!, count: this.#counts[entry]! };
  }

  /** Class or value of a record; `undefined` once it was taken. */
  prediction(entry: number, record: number): string | number | undefined {
    const at = (this.#starts[entry]! + record) % this.#limit;
    const kind = this.#kinds[at]!;
    return kind === 0 ? undefined : kind === 1 ? this.#values[at]! : this.#names[this.#values[at]!]!;
  }

  /** Its outcome has come. */
  take(entry: number, record: number): void {
    this.#kinds[(this.#starts[entry]! + record) % this.#limit] = 0;
  }

  /** Versions and classes are few and come again: each is kept once. */
  #place(name: string): number {
    let place = this.#places.get(name);
    if (place === undefined) {
      place = this.#names.push(name) - 1;
      this.#places.set(name, place);
    }
    return place;
  }

  #drop(): void {
    const entry = this.#oldest;
    const chain = this.#hashes[entry]! & this.#mask;
    if (this.#heads[chain] === entry) this.#heads[chain] = this.#next[entry]!;
    else {
      let before = this.#heads[chain]!;
      while (this.#next[before] !== entry) before = this.#next[before]!;
      this.#next[before] = this.#next[entry]!;
    }
    const count = this.#counts[entry]!;
    this.#size -= count;
    this.#firstValue = (this.#firstValue + count) % this.#limit;
    this.#oldest = (entry + 1) % this.#limit;
    this.#entries--;
  }

  #find(id: string, hash: number): number {
    let entry = this.#heads[hash & this.#mask]!;
    while (entry !== none && !(this.#hashes[entry] === hash && this.#isId(entry, id))) entry = this.#next[entry]!;
    return entry;
  }

  #isId(entry: number, id: string): boolean {
    if (this.#lengths[entry] !== id.length) return false;
    for (let i = 0, at = entry * idLength; i < id.length; i++, at++)
      if (this.#ids[at] !== id.charCodeAt(i)) return false;
    return true;
  }

  /** FNV-1a from a secret start, mixed at the end: clients choose ids, and must not choose the chain. */
  #hash(id: string): number | undefined {
    let hash = this.#seed;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      if (code > 255) return undefined;
      hash = Math.imul(hash ^ code, 0x0100_0193);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}
