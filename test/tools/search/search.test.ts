import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import type { Learner } from '../../../src/tools/learn/learner.ts';
import { proposeCandidates } from '../../../src/tools/search/propose-candidates.ts';
import { addCandidates, best, createSearch, nextTrials, ranking, report } from '../../../src/tools/search/search.ts';
import type { Candidate, SearchOptions, SearchState, TrialPlan } from '../../../src/tools/search/search-state.ts';

const candidate = (quality: number, change: Partial<Candidate> = {}): Candidate => ({
  learner: 'fake',
  configuration: { quality },
  cost: 1,
  canCutIterations: true,
  always: false,
  ...change,
});

/** A score that depends on the candidate and the fit alone. */
const scoreOf = (trial: TrialPlan, fit: number, noise = 0): number =>
  (trial.configuration.quality as number) + noise * createRandom(`${trial.candidate}/${fit}`).normal();

/** Runs a search to its end; returns every trial it made. */
function play(options: SearchOptions, noise = 0): { state: SearchState; trials: TrialPlan[] } {
  return finish(createSearch(options), noise);
}

function finish(from: SearchState, noise = 0): { state: SearchState; trials: TrialPlan[] } {
  let state = from;
  const trials: TrialPlan[] = [];
  while (nextTrials(state).length > 0) {
    const pending = nextTrials(state);
    trials.push(...pending);
    const results = pending.map((trial) => ({
      index: trial.index,
      scores: trial.fits.map(({ fit }) => scoreOf(trial, fit, noise)),
    }));
    state = report(state, results.reverse());
  }
  return { state, trials };
}

describe('a search', () => {
  it('runs what must run on all fits first, then halves', () => {
    const candidates = [candidate(0.5, { always: true }), ...Array.from({ length: 9 }, (_, i) => candidate(i / 10))];
    const { state, trials } = play({ candidates, folds: 5, units: 1000 });
    expect(trials.map(({ bracket, rung, fits }) => [bracket, rung, fits.map(({ fit }) => fit)])).toEqual([
      [0, 0, [0, 1, 2, 3, 4]],
      ...Array.from({ length: 9 }, () => [1, 0, [0]]),
      ...Array.from({ length: 3 }, () => [1, 1, [1]]),
      [1, 2, [2, 3, 4]],
    ]);
    expect(best(state)).toEqual({ candidate: 9, score: 0.8, scores: Array(5).fill(0.8) });
    expect(state.stopped).toBe('exhausted');
    expect(state.spent).toBe(5 + 9 + 3 + 3);
  });

  it('breaks ties by the order of the candidates', () => {
    const { state } = play({ candidates: [0.5, 0.5, 0.5].map((quality) => candidate(quality)), folds: 5, units: 1000 });
    expect(best(state)?.candidate).toBe(0);
  });

  it('stops on a plateau', () => {
    const candidates = [candidate(0.9, { always: true }), ...Array.from({ length: 500 }, () => candidate(0.5))];
    const { state } = play({ candidates, folds: 5, units: 1e9 }, 0.01);
    expect(state.stopped).toBe('plateau');
    expect(state.history).toHaveLength(3);
    expect(state.history.slice(1).map(({ improvement }) => improvement)).toEqual([0, 0]);
  });

  it('goes on while brackets improve beyond the noise', () => {
    const candidates = [candidate(0, { always: true }), ...Array.from({ length: 180 }, (_, i) => candidate(i))];
    const { state } = play({ candidates, folds: 5, units: 1e9 }, 0.1);
    expect(state.stopped).toBe('exhausted');
    expect(best(state)?.candidate).toBe(180);
  });

  it('never spends more than its units', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            quality: fc.double({ min: 0, max: 1, noNaN: true }),
            cost: fc.integer({ min: 1, max: 50 }),
            always: fc.boolean(),
            canCutIterations: fc.boolean(),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        fc.integer({ min: 0, max: 2000 }),
        fc.integer({ min: 1, max: 3 }),
        (drawn, units, repeats) => {
          const candidates = drawn.map(({ quality, ...change }) => candidate(quality, change));
          const { state, trials } = play({ candidates, folds: 5, repeats, units }, 0.1);
          const [first] = trials;
          const mandatory = candidates.some(({ always }) => always) && first !== undefined ? first.cost : 0;
          expect(state.spent).toBeLessThanOrEqual(Math.max(units, mandatory));
          expect(state.stopped).toBeDefined();
          expect(trials.map(({ index }) => index)).toEqual(trials.map((_, index) => index));
          // No fit with all iterations is made twice.
          const made = trials
            .filter(({ iterationShare }) => iterationShare === 1)
            .flatMap((trial) => trial.fits.map(({ fit }) => `${trial.candidate}/${fit}`));
          expect(new Set(made).size).toBe(made.length);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('measures the cheapest candidate that must run where none can be paid', () => {
    const candidates = [candidate(0.5, { always: true, cost: 10 }), candidate(0.4, { always: true, cost: 3 })];
    const { state } = play({ candidates, folds: 5, units: 1 });
    expect(best(state)?.candidate).toBe(1);
    expect(state.candidates[0]?.status).toBe('unaffordable');
  });

  it('tries with a quarter of the iterations first where full fits would be too few', () => {
    const candidates = Array.from({ length: 40 }, (_, i) => candidate(i, { cost: 10 }));
    const { state, trials } = play({ candidates, folds: 5, units: 100 });
    expect(trials[0]).toMatchObject({ iterationShare: 0.25, cost: 2.5 });
    expect(state.spent).toBeLessThanOrEqual(100);
    expect(best(state)).toBeDefined();
  });

  it('promotes no more than can be paid when trials took more than was planned', () => {
    const candidates = Array.from({ length: 9 }, (_, i) => candidate(i));
    let state = createSearch({ candidates, folds: 5, units: 15 });
    const results = nextTrials(state).map((trial) => ({ index: trial.index, scores: [trial.candidate], units: 1.4 }));
    state = report(state, results);
    expect(nextTrials(state).map((trial) => trial.candidate)).toEqual([8, 7]);
  });

  it('drops a candidate that failed or scored no number', () => {
    let state = createSearch({
      candidates: [3, 2, 1].map((quality) => candidate(quality, { always: true })),
      folds: 2,
      units: 100,
    });
    const [first, second, third] = nextTrials(state).map(({ index }) => index);
    state = report(state, [
      { index: first! },
      { index: second!, scores: [1, Number.NaN] },
      { index: third!, scores: [1, 2], units: 7 },
    ]);
    expect(ranking(state).map((entry) => entry.candidate)).toEqual([2]);
    expect(state.candidates.map(({ status }) => status)).toEqual(['failed', 'failed', 'finished']);
    expect(state.spent).toBe(2 + 2 + 7);
  });

  it('survives JSON between any two steps', () => {
    const candidates = Array.from({ length: 30 }, (_, i) => candidate(i / 30, { always: i === 0 }));
    const options = { candidates, folds: 5, units: 500 };
    const plain = play(options, 0.1).state;
    let state = createSearch(options);
    while (nextTrials(state).length > 0) {
      state = JSON.parse(JSON.stringify(state)) as SearchState;
      state = report(
        state,
        nextTrials(state).map((trial) => ({
          index: trial.index,
          scores: trial.fits.map(({ fit }) => scoreOf(trial, fit, 0.1)),
        })),
      );
    }
    expect(state).toEqual(plain);
  });

  it('takes more candidates, with units to pay for them, after it has ended', () => {
    const { state } = play({ candidates: [candidate(0.1, { always: true })], folds: 5, units: 5 });
    expect(state.stopped).toBe('exhausted');
    const more = addCandidates(state, [candidate(0.9)], 5);
    expect(nextTrials(more).map((trial) => trial.candidate)).toEqual([1]);
  });

  it('runs what was added after a plateau, and of the others only what more units are given for', () => {
    const candidates = [candidate(0.9, { always: true }), ...Array.from({ length: 100 }, () => candidate(0.5))];
    const { state } = play({ candidates, folds: 5, units: 1000 });
    expect(state.stopped).toBe('plateau');
    const more = addCandidates(state, [candidate(0.95), candidate(0.1)], 100);
    const after = finish(more);
    expect(after.trials.map((trial) => trial.candidate)).toEqual([101, 102, 101, 101]);
    expect(best(after.state)?.candidate).toBe(101);
    expect(after.state.stopped).toBe('plateau');
    const again = finish(addCandidates(after.state, [], 100));
    expect(again.trials[0]?.candidate).toBe(state.candidates.findIndex(({ status }) => status === 'waiting'));
  });

  it.each([
    ['no result', []],
    ['a result of an unknown trial', [{ index: 9, scores: [1, 2] }]],
    ['too few scores', [{ index: 0, scores: [1] }]],
  ])('refuses %s', (_title, results) => {
    const state = createSearch({ candidates: [candidate(1, { always: true })], folds: 2, units: 100 });
    expect(nextTrials(state)).toHaveLength(1);
    expect(() => report(state, results)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('refuses to start without candidates', () => {
    expect(() => createSearch({ candidates: [], folds: 5, units: 1 })).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });
});

describe('proposeCandidates', () => {
  const facts = {
    task: 'binary',
    classCount: 2,
    rowCount: 100,
    numberCount: 3,
    categorySizes: [],
    missingShare: 0,
  } as const;
  const learner = (name: string, options: number): Learner => ({
    name,
    about: name,
    tasks: ['binary'],
    iterationKey: 'rounds',
    defaults: () => ({ a: 1, fixed: true }),
    space: () =>
      options === 0 ? {} : { a: { kind: 'choice', options: Array.from({ length: options }, (_, i) => i + 1) } },
    cost: ({ a }) => a as number,
    fit: () => Promise.reject(new Error('not fitted here')),
    revive: () => {
      throw new Error('not revived here');
    },
  });

  it('gives the defaults first, then samples of each learner in turn', () => {
    const candidates = proposeCandidates(
      [learner('one', 0), learner('two', 4), learner('three', 2)],
      facts,
      10,
      createRandom(1),
    );
    expect(candidates.map((found) => [found.learner, found.always])).toEqual([
      ['one', true],
      ['two', true],
      ['three', true],
      ['two', false],
      ['three', false],
      ['two', false],
      ['two', false],
    ]);
    expect(
      candidates.every(({ cost, configuration }) => cost === configuration.a && configuration.fixed === true),
    ).toBe(true);
  });
});
