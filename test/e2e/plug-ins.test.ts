import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  defineAgent,
  defineLearner,
  defineQuestion,
  type FittedModel,
  type Learner,
  type RunEvent,
  replace,
  type Stage,
  Trainer,
  type TrainerOptions,
} from '../../src/index.ts';
import { complete, finished, outcomeOf, quickRequest, sampleRows } from './sample.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plug-ins-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Knows how the sample was made: the label follows from the sum of the numbers. */
const sumModel: FittedModel = {
  learner: 'sum',
  outputCount: 1,
  operationsPerRow: 4,
  predict: ({ rowCount, numbers }) =>
    Float64Array.from({ length: rowCount }, (_, row) => {
      const sum = numbers.reduce((total, { values }) => total + values[row]!, 0);
      return 1 / (1 + Math.exp(12 - sum));
    }),
  toGraph(graph, { numbers }) {
    const sum = graph.node('ReduceSum', [numbers!, graph.ints([1])]);
    return graph.node('Sigmoid', [graph.node('Sub', [sum, graph.floats([12])])]);
  },
  toState: () => ({ formatVersion: 1, learner: 'sum', json: {}, arrays: {} }),
  importance: () => new Float64Array(3),
};
const sum: Learner = defineLearner({
  name: 'sum',
  about: 'Adds the numbers up.',
  tasks: ['binary'],
  defaults: () => ({}),
  space: () => ({}),
  cost: () => 0.1,
  fit: () => ({ model: sumModel, notes: {} }),
  revive: () => sumModel,
});
const only = (learner: string) => quickRequest({ answers: { 'model.candidates': { learners: [learner] } } });
const whereOf = (events: readonly RunEvent[], tool: string) => [
  ...new Set(events.flatMap((event) => (event.type === 'tool-call' && event.tool === tool ? [event.where] : []))),
];

describe('A learner of one’s own', () => {
  it('runs on the host where it is given as an object, and events say so', async () => {
    const { events, outcome } = await finished(only('sum'), { learners: [sum] });
    const { facts, model } = complete(outcome);
    expect(facts.winner?.members.map(({ learner }) => learner)).toEqual(['sum']);
    expect(whereOf(events, 'trial').sort()).toEqual(['child', 'host']); // the baseline, and the own one
    expect(whereOf(events, 'freeze')).toEqual(['host']);
    const answers = await model.predict([
      { x: 9, y: 9, colour: 'red' },
      { x: 1, y: 1, colour: 'red' },
    ]);
    expect(answers.map(({ prediction }) => prediction)).toEqual(['yes', 'no']);
  });

  it('runs in the child where it is given as the URL of a module', async () => {
    const path = join(folder, 'sum.mjs');
    writeFileSync(
      path,
      `const model = {
        learner: 'sum', outputCount: 1, operationsPerRow: 4,
        predict: ({ rowCount, numbers }) => Float64Array.from({ length: rowCount }, (_, row) =>
          1 / (1 + Math.exp(12 - numbers.reduce((total, { values }) => total + values[row], 0)))),
        toGraph: (graph, { numbers }) => graph.node('Sigmoid', [graph.node('Sub', [graph.node('ReduceSum', [numbers, graph.ints([1])]), graph.floats([12])])]),
        toState: () => ({ formatVersion: 1, learner: 'sum', json: {}, arrays: {} }),
        importance: () => new Float64Array(3),
      };
      export default { name: 'sum', about: 'Adds the numbers up.', tasks: ['binary'], defaults: () => ({}), space: () => ({}), cost: () => 0.1,
        fit: () => ({ model, notes: {} }), revive: () => model };`,
    );
    const { events, outcome } = await finished(only('sum'), { learners: [pathToFileURL(path)] });
    expect(complete(outcome).facts.winner?.members.map(({ learner }) => learner)).toEqual(['sum']);
    for (const tool of ['trial', 'refit', 'freeze']) expect([tool, whereOf(events, tool)]).toEqual([tool, ['child']]);
  });

  it('stands beside the built-in ones, and the better one wins', async () => {
    const { outcome } = await finished({ ...quickRequest(), answers: {} }, { learners: [sum] });
    const { facts } = complete(outcome);
    expect(new Set(facts.trials.map(({ learner }) => learner))).toEqual(
      new Set(['baseline', 'linear', 'trees', 'sum']),
    );
  });

  it.each<[string, Partial<Learner>, string, RegExp]>([
    [
      'throws',
      {
        fit: () => {
          throw new Error('singular');
        },
      },
      'TRAIN_FAILED',
      /^Expected at least one configuration to be fitted, but all failed\. Choose another learner, or correct what the last one said: singular$/,
    ],
    [
      'rejects',
      { fit: () => Promise.reject(new Error('singular')) },
      'TRAIN_FAILED',
      /correct what the last one said: singular$/,
    ],
    [
      'predicts NaN',
      {
        fit: () => ({
          model: { ...sumModel, predict: ({ rowCount }) => new Float64Array(rowCount).fill(Number.NaN) },
          notes: {},
        }),
      },
      'TRAIN_FAILED',
      /correct what the last one said: Expected finite predictions of learner "sum", got \d+ of \d+ that are not\.$/,
    ],
    [
      'predicts too little',
      { fit: () => ({ model: { ...sumModel, predict: () => new Float64Array(1) }, notes: {} }) },
      'TRAIN_FAILED',
      /correct what the last one said: Expected \d+ predicted numbers of learner "sum", got 1\.$/,
    ],
    ['gives no model', { fit: () => ({}) as never }, 'TRAIN_FAILED', /correct what the last one said: /],
    [
      'has no cost',
      { cost: () => Number.NaN },
      'PLUGIN_INVALID',
      /^Expected a positive cost of learner "sum", got NaN\.$/,
    ],
    [
      'has no size',
      { footprint: () => ({ fileBytes: Number.NaN, operationsPerRow: 3, fitBytes: 0 }) },
      'PLUGIN_INVALID',
      /^Expected fileBytes of the footprint of learner "sum" to be a number from 0, got NaN\.$/,
    ],
    [
      'throws when asked for its space',
      {
        space: () => {
          throw new Error('no space');
        },
      },
      'PLUGIN_INVALID',
      /^Expected the space of learner "sum", got an error: no space\.$/,
    ],
    [
      'differs in the graph',
      {
        fit: () => ({
          model: {
            ...sumModel,
            toGraph: (graph, { numbers }) =>
              graph.node('Sigmoid', [graph.node('ReduceSum', [numbers!, graph.ints([1])])]),
          },
          notes: {},
        }),
        revive: () => ({
          ...sumModel,
          toGraph: (graph, { numbers }) =>
            graph.node('Sigmoid', [graph.node('ReduceSum', [numbers!, graph.ints([1])])]),
        }),
      },
      'PLUGIN_INVALID',
      /^Expected the graph of learner "sum" to predict what its predict\(\) does/,
    ],
  ])('that %s is a typed error', async (_what, broken, code, message) => {
    const { error, outcome } = await finished(only('sum'), { learners: [{ ...sum, ...broken }] });
    expect(outcome?.status).toBeUndefined();
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('that fails does not keep the others from being tried', async () => {
    const broken = { ...sum, fit: () => Promise.reject(new Error('singular')) };
    const request = quickRequest({ answers: { 'model.candidates': { learners: ['sum', 'linear'] } } });
    const { facts } = complete(await outcomeOf(request, { learners: [broken] }));
    expect(facts.winner?.members.map(({ learner }) => learner)).toEqual(['linear']);
    expect(facts.trials.find(({ learner }) => learner === 'sum')?.failure).toBe('singular');
  });

  it.each<[string, () => TrainerOptions['learners']]>([
    ['on the host', () => [{ ...sum, fit: () => new Promise(() => undefined) }]],
    [
      'in the child',
      () => {
        const path = join(folder, 'never.mjs');
        writeFileSync(
          path,
          `export default { name: 'sum', about: 'Never ends.', tasks: ['binary'], defaults: () => ({}), space: () => ({}), cost: () => 0.1,
            fit: () => { for (;;); }, revive: () => undefined };`,
        );
        return [pathToFileURL(path)];
      },
    ],
  ])('that never settles %s ends with the run that is aborted', async (_where, learners) => {
    const trainer = new Trainer({ learners: learners()! });
    const run = trainer.run(only('sum'));
    trainer.on('trial-start', ({ learner }) => {
      if (learner === 'sum') run.abort();
    });
    const started = performance.now();
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_ABORTED' });
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('of a name that is taken is refused', async () => {
    for (const learners of [[sum, sum], [{ ...sum, name: 'trees' }]]) {
      const { error } = await finished(only('linear'), { learners });
      expect(error).toMatchObject({
        code: 'PLUGIN_INVALID',
        message: expect.stringMatching(/^Expected learners of different names/),
      });
    }
  });
});

describe('An agent of one’s own', () => {
  const allowed = defineQuestion({
    id: 'compliance.allowed',
    about: 'Whether these columns may be used.',
    facts: ({ inputs }: { readonly inputs: readonly string[] }) => ({ inputs: [...inputs] }),
    answer: () => z.strictObject({ allowed: z.boolean() }),
    rule: ({ inputs }) => ({ answer: { allowed: !inputs.includes('colour') }, why: 'Colours are personal.' }),
    language: 'unsure',
  });
  const compliance = defineAgent({
    name: 'compliance',
    profile: 'You look after rules.',
    questions: [allowed],
    consultations: [
      {
        after: 'task.plan',
        async run(context) {
          const { spec } = context.message<{ spec: { inputs: { value: string[] } } }>('task.understand')!;
          const answer = await context.ask(allowed, { inputs: spec.inputs.value });
          if (!answer.allowed) {
            context.decline({
              kind: 'reject',
              reasons: [{ code: 'STOPPED_BY_HOST', evidence: { question: allowed.id, why: 'colours' } }],
            });
          }
          return 'No objection.';
        },
      },
    ],
  });

  it('is consulted, and may decline the run', async () => {
    const { events, outcome } = await finished(quickRequest(), { agents: [compliance] });
    expect(outcome?.status).toBe('declined');
    expect(outcome?.facts.verdict.reasons).toEqual([
      expect.objectContaining({
        code: 'STOPPED_BY_HOST',
        message: expect.stringMatching(/^A decider of the host stopped the run at "compliance.allowed": colours/),
      }),
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'decision', question: 'compliance.allowed', by: 'rule' }),
    );
    expect(events.some((event) => event.type === 'stage-start' && event.stage === 'data.split')).toBe(false);
  });

  it('is overruled by a decider, and then the run goes on', async () => {
    const trainer = new Trainer({ agents: [compliance] });
    trainer.decide('compliance.allowed', () => replace({ allowed: true }, 'They are colours of balls.'));
    const { facts } = complete(await trainer.run(quickRequest()).result);
    expect(facts.decisions).toContainEqual(
      expect.objectContaining({ question: 'compliance.allowed', by: 'host', why: 'They are colours of balls.' }),
    );
    expect(facts.messages).toContainEqual(
      expect.objectContaining({ stage: 'compliance.after-task.plan', summary: 'No objection.' }),
    );
  });

  it('may take the place of a step', async () => {
    const reduce: Stage = {
      name: 'data.reduce',
      agent: 'mine',
      to: 'model',
      output: z.object({ rows: z.number(), learnRows: z.number() }),
      run: async () => ({ message: { rows: 120, learnRows: 40 }, summary: 'Forty rows are enough.' }),
    };
    const mine = defineAgent({ name: 'mine', profile: '', questions: [], stages: [reduce] });
    const { facts } = complete(await outcomeOf(quickRequest(), { agents: [mine] }));
    expect(facts.messages).toContainEqual(
      expect.objectContaining({ stage: 'data.reduce', summary: 'Forty rows are enough.' }),
    );
    expect(facts.data?.steps.map(({ what }) => what).join()).toContain('learned from 40 of 120 rows');
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'throws',
      () => Promise.reject(new Error('no rules found')),
      /^Expected step "compliance.after-task.plan" of agent "compliance" to end with a message, but it threw: no rules found$/,
    ],
    [
      'says nonsense',
      () => Promise.resolve(7 as never),
      /^Expected stage "compliance.after-task.plan" to give a message of its schema, but said: /,
    ],
  ])('that %s ends the run with a typed error that names it', async (_what, run, message) => {
    const broken = { ...compliance, consultations: [{ after: 'task.plan', run }] };
    const { error } = await finished(quickRequest({ data: sampleRows(40) }), { agents: [broken] });
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', message: expect.stringMatching(message) });
  });
});
