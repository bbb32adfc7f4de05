import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';

describe('random numbers', () => {
  it('are the same for a seed on every platform and in every version', () => {
    const random = createRandom(0);
    // Pinned: a change here changes every model of every seed.
    expect([random.next(), random.next(), random.next()].map((value) => value * 4294967296)).toMatchInlineSnapshot(`
      [
        2955341969,
        1105979182,
        1660067511,
      ]
    `);
    expect(createRandom(0).fork('split').integer(1_000_000)).toMatchInlineSnapshot(`770585`);
    expect(createRandom('a text').shuffle([0, 1, 2, 3, 4, 5, 6, 7])).toMatchInlineSnapshot(`
      [
        6,
        0,
        1,
        2,
        5,
        4,
        7,
        3,
      ]
    `);
  });

  it('take a number and its text for the same seed, and every other for another', () => {
    expect(createRandom(7).next()).toBe(createRandom('7').next());
    const firsts = new Set(Array.from({ length: 10_000 }, (_, seed) => createRandom(seed).next()));
    expect(firsts.size).toBeGreaterThan(9_980); // 10,000 draws of 2^32 meet 0.01 times
  });

  it('are uniform: chi-squared over 256 bins below its 0.999 quantile', () => {
    for (const seed of [0, 1, 'x']) {
      const random = createRandom(seed);
      const bins = new Float64Array(256);
      const draws = 256 * 400;
      for (let i = 0; i < draws; i++) bins[Math.floor(random.next() * 256)]!++;
      expect(bins.reduce((sum, count) => sum + ((count - 400) * (count - 400)) / 400, 0)).toBeLessThan(330.5);
    }
  });

  it('give integers below n without bias', () => {
    const random = createRandom(3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[random.integer(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt((30_000 * 2) / 9));
    // 3 · 2^30 does not divide 2^32: with a plain remainder the lower third would come twice as often.
    const n = 3 * (1 << 30);
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (random.integer(n) < n / 3) low++;
    expect(Math.abs(low - 10_000)).toBeLessThan(4 * Math.sqrt((30_000 * 2) / 9));
  });

  it('give normals of mean 0, deviation 1 and the tails of a normal', () => {
    const random = createRandom(4);
    const draws = 100_000;
    let sum = 0;
    let squares = 0;
    let beyondTwo = 0;
    for (let i = 0; i < draws; i++) {
      const value = random.normal();
      sum += value;
      squares += value * value;
      if (Math.abs(value) > 2) beyondTwo++;
    }
    expect(Math.abs(sum / draws)).toBeLessThan(0.013);
    expect(Math.abs(squares / draws - 1)).toBeLessThan(0.018);
    expect(beyondTwo / draws).toBeCloseTo(0.0455, 2);
  });

  it('shuffle every order equally often', () => {
    const random = createRandom(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.shuffle(['a', 'b', 'c', 'd']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(160);
  });

  it('fork into streams that neither depend on draws before nor follow each other', () => {
    const one = createRandom(6);
    const before = one.fork('a').next();
    one.next();
    expect(one.fork('a').next()).toBe(before);
    let same = 0;
    const [a, b] = [one.fork('a'), one.fork('b')];
    for (let i = 0; i < 10_000; i++) if (a.next() < 0.5 === b.next() < 0.5) same++;
    expect(Math.abs(same - 5000)).toBeLessThan(200);
  });
});
