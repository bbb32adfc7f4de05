import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { CanaryWatch } from '../../../src/tools/serve/canary-watch.ts';
import { LiveScores } from '../../../src/tools/serve/live-score.ts';

/** Feeds a canary and a stable version, ten to one, until the watch says something. */
function watchUntil(
  requests: number,
  answer: (
    which: 'stable' | 'canary',
    random: ReturnType<typeof createRandom>,
  ) => { isError: boolean; ms: number; label: string },
  seed = 'watch',
) {
  const random = createRandom(seed);
  const watch = new CanaryWatch();
  for (let i = 0; i < requests; i++) {
    const which = i % 5 === 0 ? 'canary' : 'stable';
    const { isError, ms, label } = answer(which, random);
    const problem = watch.answered(which, isError, ms) ?? (isError ? undefined : watch.predicted(which, [label]));
    if (problem !== undefined) return { problem, after: i };
  }
  return undefined;
}
const fine = (random: ReturnType<typeof createRandom>) => ({
  isError: random.next() < 0.002,
  ms: Math.exp(random.normal()),
  label: random.next() < 0.7 ? 'no' : 'yes',
});

describe('a canary', () => {
  it('that fails more often is taken back, soon where it fails always', () => {
    const worse = (share: number) =>
      watchUntil(20_000, (which, random) => ({
        ...fine(random),
        isError: random.next() < (which === 'canary' ? share : 0.002),
      }));
    expect(worse(1)).toMatchObject({ problem: 'errors', after: 245 });
    expect(worse(0.05)).toMatchObject({ problem: 'errors' });
    expect(worse(0.05)!.after).toBeLessThan(4000);
  });

  it('that is three times as slow is taken back', () => {
    const slow = watchUntil(20_000, (which, random) => {
      const usual = fine(random);
      return which === 'canary' ? { ...usual, ms: 3 * usual.ms } : usual;
    });
    expect(slow).toMatchObject({ problem: 'latency' });
  });

  it('that predicts otherwise is taken back', () => {
    const other = watchUntil(20_000, (which, random) => ({
      ...fine(random),
      label: random.next() < (which === 'canary' ? 0.4 : 0.7) ? 'no' : 'yes',
    }));
    expect(other).toMatchObject({ problem: 'predictions' });
    expect(other!.after).toBeGreaterThanOrEqual(2495);
  });

  it('that does as the stable version does is left alone: at most 2 of 200 are taken back', () => {
    const taken = Array.from({ length: 200 }, (_, i) =>
      watchUntil(10_000, (_which, random) => fine(random), `undisturbed ${i}`),
    ).filter((problem) => problem !== undefined);
    expect(taken.length).toBeLessThanOrEqual(2);
  });

  it('with a few failures is not judged by them', () => {
    const watch = new CanaryWatch();
    for (let i = 0; i < 1000; i++) watch.answered('stable', false, 1);
    for (let i = 0; i < 50; i++) expect(watch.answered('canary', i % 13 === 0, 1)).toBeUndefined();
  });
});

describe('scores on outcomes', () => {
  const limits = { predictions: 4, keepMs: 1000 };

  it('are joined by id and record, once', () => {
    const scores = new LiveScores(limits, () => 0);
    scores.keep('a', 'v1', ['yes', 'no']);
    expect([scores.join('a', 0, 'yes'), scores.join('a', 0, 'no'), scores.join('a', 1, 'yes')]).toEqual([
      'joined',
      'repeated',
      'joined',
    ]);
    expect([scores.join('a', 2, 'yes'), scores.join('b', 0, 'yes')]).toEqual(['unknown', 'unknown']);
    expect(scores.scores()).toMatchObject([{ version: 'v1', metric: 'accuracy', value: 0.5, count: 2 }]);
  });

  it('have the intervals of statsmodels', () => {
    const scores = new LiveScores({ ...limits, predictions: 100 }, () => 0);
    scores.keep('a', 'v1', new Array(10).fill('yes'));
    for (let i = 0; i < 10; i++) scores.join('a', i, i < 8 ? 'yes' : 'no');
    // proportion_confint(8, 10, method='wilson')
    expect(scores.scores()[0]!.interval[0]).toBeCloseTo(0.4901624715, 9);
    expect(scores.scores()[0]!.interval[1]).toBeCloseTo(0.9433178485, 9);
    scores.keep('b', 'v2', [1, 2, 3, 4]);
    for (const [i, truth] of [1.5, 2, 5, 3].entries()) scores.join('b', i, truth);
    // Errors 0.5, 0, 2, 1: DescrStatsW(errors).zconfint_mean()
    const [, mae] = scores.scores();
    expect(mae).toMatchObject({ metric: 'mae', value: 0.875, count: 4 });
    expect(mae!.interval[0]).toBeCloseTo(0.0381810645, 9);
    expect(mae!.interval[1]).toBeCloseTo(1.7118189355, 9);
    scores.keep('c', 'v2', [1]);
    expect(scores.join('c', 0, 'many')).toBe('invalid');
    expect(scores.join('c', 0, '2')).toBe('joined');
  });

  it('keep no more predictions than the limit, and none longer than its time', () => {
    let now = 0;
    const scores = new LiveScores(limits, () => now);
    for (let i = 0; i < 100; i++) scores.keep(`r${i}`, 'v', ['yes']);
    expect(scores.waiting).toBe(4);
    expect([scores.join('r95', 0, 'yes'), scores.join('r96', 0, 'yes')]).toEqual(['unknown', 'joined']);
    now = 1000;
    expect(scores.join('r97', 0, 'yes')).toBe('unknown');
    scores.keep('late', 'v', ['yes']);
    expect(scores.waiting).toBe(1);
    scores.keep('too many', 'v', new Array(5).fill('yes'));
    expect(scores.join('too many', 0, 'yes')).toBe('unknown');
  });

  it('keep to the limit however many came before', () => {
    const scores = new LiveScores({ ...limits, predictions: 1000 }, () => 0);
    for (let i = 0; i < 35_000; i++) scores.keep(`r${i}`, 'v', ['yes']);
    expect(scores.waiting).toBe(1000);
    expect([33_999, 34_000, 34_999].map((i) => scores.join(`r${i}`, 0, 'yes'))).toEqual([
      'unknown',
      'joined',
      'joined',
    ]);
  });

  it('keep the first of two requests of one id', () => {
    const scores = new LiveScores(limits, () => 0);
    scores.keep('a', 'v1', ['yes']);
    scores.keep('a', 'v2', ['no']);
    scores.join('a', 0, 'yes');
    expect(scores.scores()).toMatchObject([{ version: 'v1', value: 1 }]);
  });
});
