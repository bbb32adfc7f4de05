import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { balanced, balancedWeights, withClassWeights } from '../../../src/tools/learn/class-weights.ts';
import type { Features, Fit, FitContext, Learner, Problem, TrainingRows } from '../../../src/tools/learn/learner.ts';
import { learnerRegistry } from '../../../src/tools/learn/learner-registry.ts';
import { type Feed, runGraph, worstDifference } from '../evaluate/run-graph.ts';

interface Fixture {
  readonly numbers: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly tasks: readonly {
    readonly task: 'binary' | 'multiclass';
    readonly target: readonly number[];
    readonly classWeights: readonly number[];
    readonly classWeightsOfRowWeights: readonly number[];
    readonly cases: readonly {
      readonly name: string;
      readonly learner: 'linear' | 'trees';
      readonly hasWeights: boolean;
      /** What the model of weighed classes says, row-major. */
      readonly balanced: readonly number[];
      /** The same as probabilities of the data. */
      readonly predicted: readonly number[];
    }[];
  }[];
}

const path = new URL('../../fixtures/class-weights/balanced.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
const features: Features = {
  rowCount: fixture.weights.length,
  numbers: fixture.numbers.map((values, f) => ({ name: `n${f}`, values: Float32Array.from(values) })),
  categories: [],
};
const context = (): FitContext => ({ random: createRandom(0), threads: 1 });
const registry = learnerRegistry([], []);
const configurations = {
  linear: { alpha: 1, knots: 0, clip: false },
  trees: {
    iterations: 10,
    learningRate: 0.2,
    minBinSamples: 1,
    leaves: 6,
    minChildSamples: 1,
    minChildHessian: 4,
    earlyStopping: 0,
  },
};
const problemOf = ({ task, classWeights }: Fixture['tasks'][number]): Problem => ({
  task,
  classCount: classWeights.length,
});
const rowsOf = ({ target }: Fixture['tasks'][number], hasWeights: boolean): TrainingRows => ({
  features,
  target: Float64Array.from(target),
  ...(hasWeights && { weights: Float64Array.from(fixture.weights) }),
});
/** All columns of probabilities, row-major: of two classes the models tell the second alone. */
const allColumns = (values: Float64Array, { task }: Problem): number[] =>
  task === 'binary' ? [...values].flatMap((p) => [1 - p, p]) : [...values];

describe('balanced classes', () => {
  it.each(fixture.tasks)('have the weights of scikit-learn 1.9, of rows and of weighed rows: $task', (c) => {
    const worst = (rows: TrainingRows, expected: readonly number[]) =>
      Math.max(...[...balancedWeights(rows, expected.length)].map((w, k) => Math.abs(w / expected[k]! - 1)));
    expect(worst(rowsOf(c, false), c.classWeights)).toBeLessThan(1e-12);
    expect(worst(rowsOf(c, true), c.classWeightsOfRowWeights)).toBeLessThan(1e-12);
  });

  it('leave a class alone that does not occur', () => {
    expect([...balancedWeights({ target: Float64Array.of(0, 0, 0, 2) }, 3)]).toEqual([2 / 3, 1, 2]);
  });

  const cases = fixture.tasks.flatMap((c) =>
    c.cases.map((one) => ({ ...one, set: c, title: `${one.name}, ${c.task}` })),
  );

  it.each(cases)(
    'give the models of scikit-learn and LightGBM, with the probabilities of the data: $title',
    async ({ learner, hasWeights, predicted, balanced: unshifted, set }) => {
      const problem = problemOf(set);
      const { model } = await (await registry.learner(learner)).fit(
        rowsOf(set, hasWeights),
        balanced(configurations[learner]),
        problem,
        context(),
      );
      const difference = (expected: readonly number[]) =>
        Math.max(...allColumns(model.predict(features), problem).map((p, i) => Math.abs(p - expected[i]!)));
      expect(difference(predicted)).toBeLessThan(2e-6);
      // The test can fail: what was not put right is far off.
      expect(difference(unshifted)).toBeGreaterThan(0.2);
    },
  );

  it.each(cases)('keep the mean probability at the share of each class: $title', async ({ learner, set }) => {
    const problem = problemOf(set);
    const own = await registry.learner(learner);
    const { model } = await own.fit(rowsOf(set, false), balanced(configurations[learner]), problem, context());
    const columns = allColumns(model.predict(features), problem);
    for (let k = 0; k < problem.classCount; k++) {
      const mean =
        columns.filter((_, i) => i % problem.classCount === k).reduce((a, b) => a + b, 0) / features.rowCount;
      const share = set.target.filter((value) => value === k).length / features.rowCount;
      expect(Math.abs(mean - share)).toBeLessThan(0.04);
    }
  });

  it.each(cases.filter(({ hasWeights }) => !hasWeights))(
    'are in the graph and in the state of a model: $title',
    async ({ learner: name, set }) => {
      const learner = await registry.learner(name);
      const problem = problemOf(set);
      const { model } = await learner.fit(rowsOf(set, false), balanced(configurations[name]), problem, context());
      const predicted = model.predict(features);
      expect(learner.revive(model.toState()).predict(features)).toEqual(predicted);
      expect(worstDifference(await graphOf({ model, notes: {} }), predicted)).toBeLessThan(1e-5);
    },
  );

  it('are not seen by the learner, which is given weighed rows to learn from and to stop by', async () => {
    const seen: unknown[] = [];
    const { learner } = spyLearner((...call) => seen.push(call));
    const rows: TrainingRows = { features: none(4), target: Float64Array.of(0, 0, 0, 1) };
    const validation: TrainingRows = {
      features: none(2),
      target: Float64Array.of(1, 0),
      weights: Float64Array.of(3, 1),
    };
    await learner.fit(rows, balanced({ depth: 2 }), problem, { ...context(), validation });
    expect(seen).toEqual([[{ depth: 2 }, Float64Array.of(2 / 3, 2 / 3, 2 / 3, 2), Float64Array.of(6, 2 / 3)]]);
    expect(
      learner.cost(balanced({ depth: 2 }), {
        ...problem,
        rowCount: 4,
        numberCount: 0,
        categorySizes: [],
        missingShare: 0,
      }),
    ).toBe(1);
  });

  it('change nothing where they are not asked for', async () => {
    const seen: unknown[] = [];
    const { learner, model } = spyLearner((...call) => seen.push(call));
    const rows: TrainingRows = { features: none(4), target: Float64Array.of(0, 0, 0, 1) };
    for (const configuration of [{ depth: 2 }, { depth: 2, classWeight: 'none' }])
      expect((await learner.fit(rows, configuration, problem, context())).model).toBe(model);
    expect(seen).toEqual(Array(2).fill([{ depth: 2 }, undefined, undefined]));
  });

  it('are refused by a model whose scores can’t be shifted, and the message says what to write', async () => {
    const { learner } = spyLearner(() => undefined, false);
    const rows: TrainingRows = { features: none(2), target: Float64Array.of(0, 1) };
    await expect(learner.fit(rows, balanced({}), problem, context())).rejects.toMatchObject({
      code: 'TRAIN_FAILED',
      message: expect.stringContaining('Expected the models of "spy" to have `shifted`'),
    });
  });
});

const problem: Problem = { task: 'binary', classCount: 2 };
const none = (rowCount: number): Features => ({ rowCount, numbers: [], categories: [] });

/** A learner that tells what it is given. */
function spyLearner(
  told: (configuration: unknown, weights: unknown, watched: unknown) => void,
  hasShift = true,
): { learner: Learner; model: Fit['model'] } {
  const model = {
    learner: 'spy',
    outputCount: 1,
    operationsPerRow: 1,
    predict: () => new Float64Array(0),
    toGraph: () => '',
    toState: () => ({ formatVersion: 1, learner: 'spy', json: null, arrays: {} }) as const,
    importance: () => new Float64Array(0),
    ...(hasShift ? { shifted: () => model } : {}),
  } as Fit['model'];
  const learner = withClassWeights({
    name: 'spy',
    about: 'Tells what it is given.',
    tasks: ['binary'],
    defaults: () => ({}),
    space: () => ({}),
    cost: (configuration) => Object.keys(configuration).length,
    fit(rows, configuration, _problem, { validation }) {
      told(configuration, rows.weights, validation?.weights);
      return { model, notes: {} };
    },
    revive: () => model,
  });
  return { learner, model };
}

async function graphOf({ model }: Fit) {
  const { rowCount, numbers } = features;
  const matrix = new Float32Array(rowCount * numbers.length);
  numbers.forEach(({ values }, f) => {
    for (let row = 0; row < rowCount; row++) matrix[row * numbers.length + f] = values[row]!;
  });
  const feeds: Record<string, Feed> = {
    numbers: { type: 'float32', data: matrix, shape: [rowCount, numbers.length] },
  };
  const { data } = await runGraph(feeds, (graph) =>
    model.toGraph(graph, { numbers: 'numbers', numberCount: numbers.length, categorySizes: [] }),
  );
  return data;
}
