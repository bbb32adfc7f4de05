import { describe, expect, it } from 'vitest';
import naiveBayes from '../../examples/own-learner/naive-bayes.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { learnerConformance } from '../../src/testing/index.ts';
import type { Features, Fit, FittedModel, Learner } from '../../src/tools/learn/learner.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { networkLearner } from '../../src/tools/learn/network/network-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';

const backend = onnxBackend();

describe.each<[string, Learner, number]>([
  ['linear', linearLearner, 240],
  ['trees', treesLearner, 240],
  // One task of the slow one: its other tests are its own.
  ['network', { ...networkLearner, tasks: ['regression'] }, 120],
])('%s keeps what learners of hosts have to keep', (_name, learner, rowCount) => {
  it.each(learnerConformance(learner, { backend, rowCount }))('$name', ({ run }) => run());
});

/** A learner whose fitted models are changed. */
const withModel = (
  change: (model: FittedModel, fit: { readonly features: Features }) => Partial<FittedModel>,
): Learner => ({
  ...naiveBayes,
  async fit(rows, configuration, problem, context) {
    const { model, ...rest } = (await naiveBayes.fit(rows, configuration, problem, context)) as Fit;
    return { ...rest, model: { ...model, ...change(model, rows) } };
  },
  revive(state) {
    const model = naiveBayes.revive(state);
    return { ...model, ...change(model, { features: { rowCount: 0, numbers: [], categories: [] } }) };
  },
});
const mapped = (change: (value: number, index: number) => number) =>
  withModel((model) => ({ predict: (features) => model.predict(features).map(change) }));

describe('the suite finds a learner', () => {
  it.each<[string, Partial<Learner>, string]>([
    ['without a sentence', { about: '' }, 'has a name, a sentence'],
    ['without a task', { tasks: [] }, 'has a name, a sentence'],
    ['whose name is no word', { name: 'naive bayes' }, 'has a name, a sentence'],
    ['whose default is outside its space', { defaults: () => ({ smoothing: 9 }) }, 'has defaults within its space'],
    ['whose cost does not grow with the rows', { cost: () => 1 }, 'has defaults within its space'],
    [
      'whose space has no width',
      { space: () => ({ smoothing: { kind: 'float', low: 1, high: 1, scale: 'log' } }) },
      'has defaults within its space',
    ],
    [
      'that fails at an end of its space',
      { space: () => ({ smoothing: { kind: 'float', low: -1e9, high: 1, scale: 'linear' } }) },
      'fits at the ends of its space',
    ],
    ['whose iterations have no default', { iterationKey: 'epochs' }, 'has defaults within its space'],
    ['that predicts NaN', mapped((value, i) => (i === 5 ? Number.NaN : value)), 'predicts fitting numbers from mixed'],
    ['whose probabilities do not sum to 1', mapped((value) => value * 0.9), 'predicts fitting numbers from mixed'],
    [
      'that predicts too few numbers',
      withModel((model) => ({ predict: (features) => model.predict(features).slice(1) })),
      'predicts fitting numbers from mixed',
    ],
    [
      'that can not do without categories',
      {
        fit(rows, configuration, problem, context) {
          if (rows.features.categories[0]!.size > 0) return naiveBayes.fit(rows, configuration, problem, context);
          throw new Error('not here');
        },
      },
      'predicts fitting numbers from numbers alone',
    ],
    [
      'that needs a row of each class',
      {
        fit(rows, configuration, problem, context) {
          if (!rows.target.includes(problem.classCount - 1)) throw new Error('no rows of a class');
          return naiveBayes.fit(rows, configuration, problem, context);
        },
      },
      'predicts fitting numbers from rows without the last class',
    ],
    [
      'that fills missing values in the rows it is given',
      {
        fit(rows, configuration, problem, context) {
          for (const { values } of rows.features.numbers)
            values.set(values.map((value) => (Number.isNaN(value) ? 0 : value)));
          return naiveBayes.fit(rows, configuration, problem, context);
        },
      },
      'leaves the rows as they are',
    ],
    [
      'whose importances are negative',
      withModel((model) => ({ importance: () => model.importance().fill(-1) })),
      'predicts fitting numbers from mixed',
    ],
    [
      'that learns nothing',
      {
        fit: (rows, configuration, problem, context) =>
          naiveBayes.fit(
            { ...rows, target: rows.target.map((_, row) => row % problem.classCount) },
            configuration,
            problem,
            context,
          ),
      },
      'learns: its loss',
    ],
    [
      'that takes its chances elsewhere',
      {
        fit: (rows, _configuration, problem, context) =>
          naiveBayes.fit(rows, { smoothing: Math.random() }, problem, context),
      },
      'fits the same model again',
    ],
    [
      'whose model depends on the threads',
      {
        fit: (rows, _configuration, problem, context) =>
          naiveBayes.fit(rows, { smoothing: context.threads / 100 }, problem, context),
      },
      'fits the same model again',
    ],
    [
      'that does not look at weights',
      {
        fit: ({ features, target }, configuration, problem, context) =>
          naiveBayes.fit({ features, target }, configuration, problem, context),
      },
      'lets the weights of rows count',
    ],
    [
      'whose state forgets what it learned',
      {
        revive: (state) =>
          naiveBayes.revive({ ...state, arrays: { ...state.arrays, a: new Float64Array(state.arrays.a!.length) } }),
      },
      'revives from its state as the same model',
    ],
    [
      'whose predictions depend on the rows beside',
      withModel((model) => ({
        predict: (features) => {
          const values = model.predict(features);
          return features.rowCount > 1 ? values.map((value) => 0.9 * value + 0.1 / model.outputCount) : values;
        },
      })),
      'predicts a row alone as among others',
    ],
    [
      'whose graph predicts something else',
      mapped((value) => 0.999 * value + 0.001 / 3),
      'has a graph that predicts what it predicts, from mixed',
    ],
    [
      'whose graph does not take missing values',
      withModel((model) => ({
        toGraph: (graph, inputs) =>
          model.toGraph(graph, { ...inputs, ...(inputs.numbers && { numbers: graph.node('Abs', [inputs.numbers]) }) }),
      })),
      'has a graph that predicts what it predicts, from numbers alone',
    ],
  ])('%s', async (_what, change, where) => {
    const learner: Learner = { ...naiveBayes, tasks: ['multiclass'], ...change };
    const failed: string[] = [];
    for (const { name, run } of learnerConformance(learner, { backend, rowCount: 80 }))
      await run().catch(() => failed.push(name));
    expect(failed.join('\n')).toContain(where);
  });
});
