import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import type { LearnerFacts } from '../../../../src/tools/learn/learner.ts';
import { readOptions } from '../../../../src/tools/learn/trees/options.ts';
import { treesLearner } from '../../../../src/tools/learn/trees/trees-learner.ts';
import { fitSample, problems, sampleRows, stateBytes } from './sample-rows.ts';

const facts = (rowCount: number, task: keyof typeof problems): LearnerFacts => ({
  ...problems[task],
  rowCount,
  numberCount: 10,
  categorySizes: [5, 40],
  missingShare: 0.1,
});

describe.each(['binary', 'multiclass', 'regression'] as const)('%s', (task) => {
  test.each([30, 300, 3000, 300_000])('defaults and both ends of the space are valid for %i rows', (rowCount) => {
    const here = facts(rowCount, task);
    const configuration = treesLearner.defaults(here);
    readOptions(configuration, here);
    const ends = (end: 'low' | 'high') =>
      Object.fromEntries(
        Object.entries(treesLearner.space(here)).map(([key, axis]) => [
          key,
          axis.kind === 'choice' ? axis.options[0]! : axis[end],
        ]),
      );
    for (const end of ['low', 'high'] as const) readOptions({ ...configuration, ...ends(end) }, here);
    expect(treesLearner.cost(configuration, here)).toBeGreaterThan(0);
  });

  test('a revived model is the same model', async () => {
    const rows = sampleRows(task, 500, 1);
    const context = { random: createRandom(0), threads: 1 };
    const { model } = await treesLearner.fit(rows, { iterations: 15 }, problems[task], context);
    const revived = treesLearner.revive(structuredClone(model.toState()));
    expect(revived.predict(rows.features)).toEqual(model.predict(rows.features));
    expect(revived.importance()).toEqual(model.importance());
    expect(revived.outputCount).toBe(task === 'multiclass' ? 3 : 1);
    expect(model.operationsPerRow).toBeGreaterThan(15);
  });
});

test('cost grows with rows, iterations and classes', () => {
  const cost = (rowCount: number, iterations: number, task: keyof typeof problems = 'binary'): number =>
    treesLearner.cost({ iterations }, facts(rowCount, task));
  expect(cost(20_000, 100)).toBeGreaterThan(1.6 * cost(10_000, 100));
  expect(cost(10_000, 200)).toBeGreaterThan(1.9 * cost(10_000, 100));
  expect(cost(10_000, 100, 'multiclass')).toBeGreaterThan(2.5 * cost(10_000, 100));
});

test('defaults stop early and beat a single tree on 300 rows', async () => {
  const rows = sampleRows('binary', 300, 2);
  const validation = sampleRows('binary', 300, 3);
  const loss = async (configuration: Record<string, number>): Promise<number> =>
    (await fitSample('binary', rows, configuration, { validation })).notes.validationLoss as number;
  const defaults = treesLearner.defaults(facts(300, 'binary')) as Record<string, number>;
  expect(await loss(defaults)).toBeLessThan(await loss({ iterations: 1, learningRate: 1, earlyStopping: 1 }));
});

test('importance is the share of gain, and sums to 1', async () => {
  const { model } = await fitSample('regression', sampleRows('regression', 1000, 4), { iterations: 30 });
  const importance = [...model.importance()];
  expect(importance.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  // d and e (third and fourth) do nothing.
  expect(Math.min(importance[0]!, importance[1]!, importance[5]!)).toBeGreaterThan(importance[3]! * 3);
});

test.each([
  [{ iteration: 3 }, "got 'iteration'"],
  [{ leaves: 1 }, 'leaves to be an integer from 2'],
  [{ leaves: 2.5 }, 'leaves to be an integer from 2'],
  [{ learningRate: Number.NaN }, 'learningRate to be a number'],
  [{ objective: 'quantile' }, "got 'quantile' for binary"],
])('a wrong option is refused: %j', (configuration, message) => {
  expect(() => readOptions(configuration, problems.binary)).toThrow(message);
});

test('a state of another learner is refused', async () => {
  const { model } = await fitSample('regression', sampleRows('regression', 100, 5), { iterations: 1 });
  const state = { ...model.toState(), learner: 'linear' };
  expect(() => treesLearner.revive(state)).toThrow('Expected a state of boosted trees');
  expect(stateBytes(model).json).toContain('squared');
});
