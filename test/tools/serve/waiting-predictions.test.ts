import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { WaitingPredictions } from '../../../src/tools/serve/waiting-predictions.ts';

/** The same by a map and a list: what it must do, at the price of an object each. */
function plain(limit: number) {
  interface Kept {
    readonly version: string;
    readonly until: number;
    readonly predictions: (string | number | undefined)[];
  }
  const kept = new Map<string, Kept>();
  const size = () => [...kept.values()].reduce((sum, { predictions }) => sum + predictions.length, 0);
  const dropOldest = () => kept.delete(kept.keys().next().value!);
  return {
    kept,
    size,
    add(id: string, version: string, predictions: readonly (string | number)[], until: number, now: number): boolean {
      while (kept.size > 0 && [...kept.values()][0]!.until <= now) dropOldest();
      if (predictions.length === 0 || predictions.length > limit || kept.has(id)) return false;
      while (size() + predictions.length > limit) dropOldest();
      kept.set(id, { version, until, predictions: [...predictions] });
      return true;
    },
  };
}

describe('predictions that wait', () => {
  it.each([1, 2, 7, 64, 100])('are those that a map of %d would keep, whatever comes', (limit) => {
    const random = createRandom(`waiting ${limit}`);
    const below = (n: number): number => random.integer(n);
    const ours = new WaitingPredictions(limit);
    const theirs = plain(limit);
    const ids = Array.from({ length: 3 * limit }, (_, i) => `${'id.'.repeat(below(20))}${i}`);
    for (let now = 0; now < 3000; now++) {
      const id = ids[below(ids.length)]!;
      const predictions = Array.from({ length: below(Math.min(limit + 2, 6)) }, () =>
        below(2) === 0 ? below(100) / 7 : `class ${below(5)}`,
      );
      const version = `version ${below(3)}`;
      const until = now + 1 + below(2 * limit);
      expect(ours.add(id, version, predictions, until, now)).toBe(theirs.add(id, version, predictions, until, now));
      expect(ours.size).toBe(theirs.size());
      for (const other of [id, ids[below(ids.length)]!]) {
        const entry = ours.find(other);
        const kept = theirs.kept.get(other);
        expect(entry === undefined).toBe(kept === undefined);
        if (entry === undefined || kept === undefined) continue;
        const { version, until, predictions } = kept;
        expect(ours.about(entry)).toEqual({ version, until, count: predictions.length });
        expect(predictions.map((_, record) => ours.prediction(entry, record))).toEqual(predictions);
        const record = below(predictions.length);
        ours.take(entry, record);
        predictions[record] = undefined;
        expect(predictions.map((_, record) => ours.prediction(entry, record))).toEqual(predictions);
      }
    }
  });

  it.each([
    ['longer than an id may be', 'x'.repeat(65)],
    ['beyond Latin-1', 'idö€'],
  ])('have no id %s', (_, id) => {
    const waiting = new WaitingPredictions(10);
    expect(waiting.add(id, 'v', [1], 10, 0)).toBe(false);
    expect(waiting.find(id)).toBeUndefined();
    expect(waiting.size).toBe(0);
  });

  it('tell ids apart whose beginning or end is that of another, and values that are no numbers of JSON', () => {
    const waiting = new WaitingPredictions(10);
    const ids = ['a', 'aa', 'ab', 'ba', '', 'aaa'];
    for (const [i, id] of ids.entries()) expect(waiting.add(id, 'v', [i], 10, 0)).toBe(true);
    expect(ids.map((id) => waiting.prediction(waiting.find(id)!, 0))).toEqual([0, 1, 2, 3, 4, 5]);
    waiting.add('nan', 'v', [Number.NaN, Number.POSITIVE_INFINITY, -0], 10, 0);
    const entry = waiting.find('nan')!;
    expect([0, 1, 2].map((record) => waiting.prediction(entry, record))).toEqual([Number.NaN, Infinity, -0]);
  });

  it('keep nothing where none may wait', () => {
    const waiting = new WaitingPredictions(0);
    expect(waiting.add('a', 'v', [1], 10, 0)).toBe(false);
    expect(waiting.find('a')).toBeUndefined();
  });
});
