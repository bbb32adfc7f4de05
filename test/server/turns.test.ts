import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/server/turns.ts';

/** Turns of an event loop that nobody runs: requests cost what they cost, by a clock that is set. */
function loop(costMs: { taken: number; refused: number }) {
  let now = 0;
  let used = 0;
  let end: (() => void) | undefined;
  const turns = new Turns(
    {},
    {
      now: () => now,
      usedMs: () => used,
      afterTurn: (callback) => {
        end = callback;
      },
    },
  );
  return {
    turns,
    now: () => now,
    /** One turn to which so many requests came. */
    turn(requests: number, elsewhereMs = 0) {
      let taken = 0;
      for (let i = 0; i < requests; i++) {
        const isRefused = turns.isFull();
        if (!isRefused) {
          turns.take();
          taken++;
        }
        now += isRefused ? costMs.refused : costMs.taken;
        used += isRefused ? costMs.refused : costMs.taken;
      }
      now += elsewhereMs;
      end?.();
      end = undefined;
      now += 0.1;
      return { taken, refused: requests - taken };
    },
  };
}

describe('turns of the event loop', () => {
  it('take a burst of any size, as long as it ends', () => {
    const { turn } = loop({ taken: 0.05, refused: 0.015 });
    expect(turn(800)).toEqual({ taken: 800, refused: 0 });
    for (let i = 0; i < 100; i++) expect(turn(20).refused).toBe(0);
    expect(turn(800).refused).toBe(0);
  });

  it('take what comes from as many clients as a turn of 10 ms has room for, for ever', () => {
    const { turn } = loop({ taken: 0.05, refused: 0.015 });
    for (let i = 0; i < 1000; i++) expect(turn(190).refused).toBe(0);
  });

  it('are no overload where few requests are long ones', () => {
    const { turn, turns } = loop({ taken: 10, refused: 0.015 });
    for (let i = 0; i < 200; i++) expect(turn(20).refused).toBe(0);
    expect(turns.isOverload).toBe(false);
  });

  it('are not longer because others had the processor meanwhile', () => {
    const { turn, turns } = loop({ taken: 0.05, refused: 0.015 });
    for (let i = 0; i < 200; i++) expect(turn(100, 40).refused).toBe(0);
    expect(turns.isOverload).toBe(false);
  });

  it.each([2, 2.5, 3])('stay short at %d times what can be answered, and answer what there is time for', (times) => {
    const { turn, turns, now } = loop({ taken: 0.05, refused: 0.013 });
    const perMs = times / 0.05;
    let [due, taken, refused, longest] = [0, 0, 0, 0];
    while (now() < 2000) {
      const [start, count] = [now(), Math.max(1, Math.round(now() * perMs - due))];
      due += count;
      // Clients do not have more connections than this, and wait for the rest.
      const result = turn(Math.min(512, count));
      due -= Math.max(0, count - 512);
      if (start < 800) continue;
      taken += result.taken;
      refused += result.refused;
      longest = Math.max(longest, now() - start);
    }
    expect(turns.isOverload).toBe(true);
    expect(longest).toBeLessThan(10);
    expect(refused).toBeGreaterThan(taken);
    // Each refusal costs a quarter of an answer; what is left of the time goes to answers.
    const most = 1200 * perMs * ((1 / perMs - 0.013) / (0.05 - 0.013));
    expect(taken / most).toBeGreaterThan(0.6);
  });

  it('are as before soon after the overload', () => {
    const { turn, turns, now } = loop({ taken: 0.05, refused: 0.013 });
    while (now() < 500) turn(500);
    expect(turns.isOverload).toBe(true);
    const over = now();
    let refused = 0;
    while (turns.isOverload && now() - over < 5000) refused += turn(5).refused;
    expect(now() - over).toBeLessThan(250);
    expect(refused).toBeLessThan(10);
    expect(turn(300).refused).toBe(0);
  });

  it('always take some requests, however long they are', () => {
    const { turn, turns, now } = loop({ taken: 5, refused: 0.1 });
    while (now() < 5000) turn(100);
    expect(turns.isOverload).toBe(true);
    expect(turn(100).taken).toBe(8);
  });

  it('end connections, a few a turn, while turns are long in an overload, and none once they are short', () => {
    const { turns, turn, now } = loop({ taken: 0.05, refused: 0.013 });
    let clients = 512;
    const ended: number[] = [];
    while (now() < 3000) {
      turn(clients);
      // In the next turn, as a request of a refused client would find it.
      turns.take();
      let ends = 0;
      while (turns.isOverload && turns.mayEnd()) ends++;
      ended.push(ends);
      clients -= ends;
    }
    expect(Math.max(...ended)).toBe(8);
    // Who is left fits in turns that are short.
    expect(clients * 0.05).toBeLessThan(8);
    expect(clients * 0.05).toBeGreaterThan(1);
    expect(ended.slice(-20)).toEqual(Array(20).fill(0));
  });
});
