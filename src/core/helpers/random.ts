/**
 * Random numbers that depend on nothing but their seed: the same on every platform and version of Node.
 *
 * sfc32 (Chris Doty-Humphrey, PractRand), seeded by 128 bits of SplitMix-style mixing of the seed text.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, n), without modulo bias. */
  integer(n: number): number;
  /** Standard normal (Marsaglia's polar method). */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T extends { [index: number]: unknown; readonly length: number }>(items: T): T;
  /** An independent stream, named. */
  fork(name: string): Random;
}

function mix(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A random stream from a seed (a number or any text). */
export function createRandom(seed: number | string): Random {
  const text = String(seed);
  let a = mix(text, 1) | 0;
  let b = mix(text, 2) | 0;
  let c = mix(text, 3) | 0;
  let counter = 1;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 15; i++) uint32();
  const random: Random = {
    next: () => uint32() / 4294967296,
    integer(n) {
      const limit = 4294967296 - (4294967296 % n);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % n;
    },
    normal() {
      for (;;) {
        const u = 2 * random.next() - 1;
        const v = 2 * random.next() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
      }
    },
    shuffle(items) {
      const array = items as unknown as unknown[];
      for (let i = array.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        const held = array[i];
        array[i] = array[j];
        array[j] = held;
      }
      return items;
    },
    fork: (name) => createRandom(`${text}/${name}`),
  };
  return random;
}
