import { deepStrictEqual, ok } from 'node:assert';
import type { Backend } from '../backends/backend.ts';
import { canonicalJson } from '../core/helpers/canonical-json.ts';
import { decodeArrays } from '../core/helpers/encode-arrays.ts';
import { createRandom } from '../core/helpers/random.ts';
import { guardLearner } from '../tools/learn/guard-learner.ts';
import type {
  Configuration,
  FitContext,
  FittedModel,
  Learner,
  ModelState,
  Problem,
  TaskKind,
  TrainingRows,
} from '../tools/learn/learner.ts';
import { checkLearner } from '../tools/learn/learner-registry.ts';
import type { ConformanceTest } from './conformance-test.ts';
import {
  bytesOf,
  checkAxis,
  checkImportance,
  checkPrediction,
  constantOf,
  contains,
  copyOf,
  differenceOf,
  endOf,
  factsOf,
  lossOf,
  nothingOf,
  problemOf,
  runGraph,
  same,
  takeRow,
} from './learner-claims.ts';
import { learnerRows, type RowsForm, rowsForms } from './learner-rows.ts';

/** What a learner is tested with. */
export interface LearnerConformanceOptions {
  /** What its ONNX graph is run on, and what it trains on where it asks for a backend; `onnxBackend()` of `traineragent/engine`. */
  readonly backend: Backend;
  /** Rows of a fit. @default 240 */
  readonly rowCount?: number;
}

const knownTasks: readonly TaskKind[] = ['binary', 'multiclass', 'regression'];

/** What a graph may differ from `predict` by, in units of max(1, magnitude): as in a run before a model is frozen. */
const graphTolerance = 1e-5;

/**
 * Tests that every learner keeps: a checked form; configurations within its space, at a cost; finite predictions of the right
 * form on numbers, categories, missing values and classes without a row; weights that count; the same model for the same stream
 * on any number of threads; state that revives to the same model; and a graph that predicts what the model predicts.
 *
 * @example
 * for (const { name, run } of learnerConformance(naiveBayes, { backend: onnxBackend() })) it(name, run);
 */
export function learnerConformance(
  given: Learner,
  { backend, rowCount = 240 }: LearnerConformanceOptions,
): readonly ConformanceTest[] {
  const learner = () => guardLearner(checkLearner(given, 'the learner'));
  const context = (more: Partial<FitContext> = {}): FitContext => ({
    random: createRandom('conformance'),
    threads: 1,
    backend: async () => backend,
    ...more,
  });
  const fitOf = async (
    rows: TrainingRows,
    problem: Problem,
    more: { readonly context?: Partial<FitContext>; readonly configuration?: Configuration } = {},
  ) =>
    learner().fit(
      rows,
      more.configuration ?? given.defaults(factsOf(rows.features, problem)),
      problem,
      context(more.context),
    );
  const make = (problem: Problem, form: RowsForm, seed = 'learn') => learnerRows(problem, form, rowCount, seed);
  // One fit of each task and form serves the tests that only look at its model.
  const models = new Map<string, Promise<FittedModel>>();
  const modelOf = (problem: Problem, form: RowsForm): Promise<FittedModel> => {
    const key = `${problem.task} ${form}`;
    const known = models.get(key) ?? fitOf(make(problem, form), problem).then(({ model }) => model);
    models.set(key, known);
    return known;
  };
  const name = typeof given?.name === 'string' ? given.name : 'the learner';
  const tasks = Array.isArray(given?.tasks) ? given.tasks.filter((task) => knownTasks.includes(task)) : [];
  const of = (task: TaskKind, what: string, body: (problem: Problem) => Promise<void>): ConformanceTest => ({
    name: `${name}, ${task}: ${what}`,
    run: () => body(problemOf(task)),
  });

  return [
    {
      name: `${name} has a name, a sentence about it, and tasks`,
      run: async () => {
        checkLearner(given, 'the learner');
        ok(/^[a-z][a-z0-9-]*$/i.test(given.name), 'Expected a name of letters, digits and dashes.');
        ok(given.about !== '' && typeof given.about === 'string', 'Expected one sentence about it.');
        ok(given.tasks.length > 0, `Expected at least one of ${knownTasks.join(', ')}.`);
        for (const task of given.tasks) ok(knownTasks.includes(task), `Expected a task, got ${String(task)}.`);
        deepStrictEqual([...new Set(given.tasks)], [...given.tasks], 'Expected each task once.');
      },
    },
    ...tasks.flatMap((task): ConformanceTest[] => [
      of(task, 'has defaults within its space, at a cost that grows with the rows', async (problem) => {
        const { features } = make(problem, 'mixed');
        const [few, many] = [1_000, 100_000].map((count) => ({ ...factsOf(features, problem), rowCount: count }));
        const defaults = learner().defaults(few!);
        canonicalJson(defaults);
        for (const [key, axis] of Object.entries(learner().space(few!))) {
          checkAxis(key, axis);
          if (key in defaults) ok(contains(axis, defaults[key]!), `Expected the default of "${key}" in its space.`);
        }
        const { iterationKey } = given;
        if (iterationKey !== undefined)
          ok(typeof defaults[iterationKey] === 'number', `Expected a default of "${iterationKey}", its iterationKey.`);
        ok(
          learner().cost(defaults, many!) > learner().cost(defaults, few!),
          'Expected a hundred times the rows to cost more.',
        );
      }),
      ...rowsForms.map((form) =>
        of(task, `predicts fitting numbers from ${form}, and leaves the rows as they are`, async (problem) => {
          const rows = make(problem, form);
          const before = copyOf(rows);
          const { model } = await fitOf(rows, problem);
          const other = make(problem, form, 'other').features;
          checkPrediction(model.predict(other), problem);
          deepStrictEqual(model.predict(nothingOf(other)).length, 0, 'Expected no rows to give none.');
          deepStrictEqual(rows, before);
          checkImportance(model.importance(), other);
          ok(model.operationsPerRow >= 0, 'Expected operationsPerRow of 0 or more.');
        }),
      ),
      of(task, 'learns: its loss on other rows is below that of an answer without inputs', async (problem) => {
        const rows = make(problem, 'mixed');
        const model = await modelOf(problem, 'mixed');
        const other = make(problem, 'mixed', 'other');
        const [own, constant] = [
          lossOf(model.predict(other.features), other.target, problem),
          lossOf(constantOf(rows.target, other.target.length, problem), other.target, problem),
        ];
        ok(own < 0.95 * constant, `Expected a loss below 0.95 × ${constant}, got ${own}.`);
      }),
      of(task, 'fits at the ends of its space', async (problem) => {
        const rows = make(problem, 'mixed');
        const facts = factsOf(rows.features, problem);
        const space = learner().space(facts);
        for (const end of [0, 1] as const) {
          const ends = Object.entries(space).map(([key, axis]) => [key, endOf(axis, end)]);
          const configuration = { ...learner().defaults(facts), ...Object.fromEntries(ends) };
          const { model } = await fitOf(rows, problem, { configuration });
          checkPrediction(model.predict(rows.features), problem);
        }
      }),
      of(task, 'fits the same model again from the same random stream, on one thread or two', async (problem) => {
        const rows = make(problem, 'mixed');
        const [first, again, threaded] = [
          await fitOf(rows, problem),
          await fitOf(rows, problem),
          await fitOf(rows, problem, { context: { threads: 2 } }),
        ].map(({ model }) => bytesOf(model));
        ok(same(first!, again!), 'Expected the same state from the same stream: use context.random alone for chance.');
        ok(same(first!, threaded!), 'Expected the same state on two threads.');
      }),
      of(task, 'lets the weights of rows count', async (problem) => {
        const rows = make(problem, 'mixed');
        const middle = [...rows.target].sort((a, b) => a - b)[rowCount >> 1]!;
        const means = [20, 1 / 20].map(async (high) => {
          const isHigh = (value: number) =>
            problem.classCount > 0 ? value === problem.classCount - 1 : value > middle;
          const weights = rows.target.map((value) => (isHigh(value) ? high : 1));
          const { model } = await fitOf({ ...rows, weights }, problem);
          const values = model.predict(rows.features);
          const last = values.filter((_, i) => i % model.outputCount === model.outputCount - 1);
          return last.reduce((sum, value) => sum + value, 0) / last.length;
        });
        const [heavy, light] = await Promise.all(means);
        ok(heavy! > light!, `Expected rows of weight 20 to move the predictions, got ${heavy} and ${light}.`);
      }),
      of(task, 'revives from its state as the same model', async (problem) => {
        const rows = make(problem, 'mixed');
        const model = await modelOf(problem, 'mixed');
        const bytes = bytesOf(model);
        const { json, arrays } = decodeArrays(bytes);
        const state = { ...(json as object), arrays } as ModelState;
        deepStrictEqual(state.learner, given.name, 'Expected the state to name its learner.');
        const revived = learner().revive(state);
        deepStrictEqual([...revived.predict(rows.features)], [...model.predict(rows.features)]);
        ok(same(bytesOf(revived), bytes), 'Expected the state of the revived model to be the same.');
      }),
      of(task, 'predicts a row alone as among others', async (problem) => {
        const rows = make(problem, 'mixed');
        const model = await modelOf(problem, 'mixed');
        const all = model.predict(rows.features);
        for (const row of [0, 7, rowCount - 1]) {
          const one = model.predict(takeRow(rows.features, row));
          ok(differenceOf(one, all.subarray(row * one.length, (row + 1) * one.length)) <= 1e-6);
        }
      }),
      ...rowsForms.map((form) =>
        of(task, `has a graph that predicts what it predicts, from ${form}`, async (problem) => {
          const model = await modelOf(problem, form);
          const { features } = make(problem, form, 'unseen');
          const got = await runGraph(backend, model, features);
          const apart = differenceOf(got, model.predict(features));
          ok(apart <= graphTolerance, `Expected graph and model within ${graphTolerance}, got ${apart}.`);
        }),
      ),
    ]),
  ];
}
