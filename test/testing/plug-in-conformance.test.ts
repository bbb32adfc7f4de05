import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtInAgents } from '../../src/agents/stages.ts';
import {
  costMetric,
  defineAgent,
  defineMetric,
  defineQuestion,
  defineSource,
  defineTool,
  fileStore,
  type JudgedValues,
  memoryStore,
  type Store,
} from '../../src/index.ts';
import {
  agentConformance,
  metricConformance,
  sourceConformance,
  storeConformance,
  toolConformance,
} from '../../src/testing/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'traineragent-conformance-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let stores = 0;

const allowed = defineQuestion({
  id: 'compliance.allowed',
  about: 'Whether these data may be used.',
  language: 'always' as const,
  facts: (rows: number) => ({ rows }),
  answer: () => z.strictObject({ allowed: z.boolean() }),
  rule: (rows) => ({ answer: { allowed: rows > 10 }, why: 'Few rows name persons.' }),
});
const compliance = defineAgent({ name: 'compliance', profile: 'You look after rules.', questions: [allowed] });
const doubled = defineTool({
  name: 'sums.double',
  about: 'Doubles a number.',
  input: z.strictObject({ value: z.number() }),
  output: z.strictObject({ value: z.number() }),
  run: ({ value }) => ({ value: 2 * value }),
});
const numbers = defineSource({
  name: 'numbers',
  *read({ count }: { count: number }) {
    for (let value = 0; value < count; value++) yield { value };
  },
});

const cost = costMetric({
  name: 'cost',
  about: 'Cost a row, in euros.',
  greaterIsBetter: false,
  tasks: ['binary'],
  costs: [
    [0, 2],
    [9, 1],
  ],
});
const surprise = defineMetric({
  name: 'surprise',
  about: 'Mean distance of the probability from what came true.',
  greaterIsBetter: false,
  needs: 'probabilities',
  value: ({ truth, probabilities, classCount }) =>
    truth.reduce(
      (sum, k, row) =>
        sum + (classCount > 2 ? 1 - probabilities[row * classCount + k]! : Math.abs(k - probabilities[row]!)),
      0,
    ) / truth.length,
});
const ofValues = (value: (rows: JudgedValues) => number) =>
  defineMetric({ name: 'ofValues', about: 'Of values.', greaterIsBetter: true, needs: 'values', value });
const closeShare = defineMetric({
  name: 'closeShare',
  about: 'Share of the values that are off by less than 1.',
  greaterIsBetter: true,
  needs: 'values',
  value: ({ truth, values }) => truth.filter((y, row) => Math.abs(y - values[row]!) < 1).length / truth.length,
});

describe.each([
  ['a metric of costs', metricConformance(cost)],
  ['a metric of probabilities', metricConformance(surprise)],
  ['a metric of values', metricConformance(closeShare)],
  ['an agent', agentConformance(compliance, { 'compliance.allowed': [1, 100] })],
  ['a tool', toolConformance(doubled, [{ value: 1 }])],
  [
    'a tool that looks at messages and blobs',
    toolConformance(
      defineTool({
        name: 'look',
        about: 'Tells one cell.',
        input: ({ message }) => {
          const columns = message<readonly string[]>('data.collect');
          return columns === undefined ? undefined : z.strictObject({ column: z.enum(columns) });
        },
        run: async ({ column }, { blobJson }) => (await blobJson<Record<string, number>>('h'))[column]!,
      }),
      [{ column: 'a' }],
      { messages: { 'data.collect': ['a'] }, blobs: { h: { a: 1 } } },
    ),
  ],
  ['a source', sourceConformance(() => numbers({ count: 3 }))],
  ['a file store', storeConformance(() => fileStore(join(folder, String(stores++))))],
  ['a memory store', storeConformance(() => memoryStore())],
])('%s', (_name, tests) => {
  it.each(tests)('$name', ({ run }) => run());
});

describe('a suite finds what breaks the contract', () => {
  const failures = async (tests: ReturnType<typeof toolConformance>) => {
    const ended = await Promise.allSettled(tests.map(({ run }) => run()));
    return ended.filter(({ status }) => status === 'rejected').length;
  };

  it.each([
    ['a question without a subject', agentConformance(compliance, {})],
    [
      'a rule whose answer the schema refuses',
      agentConformance(
        defineAgent({
          ...compliance,
          questions: [{ ...allowed, rule: () => ({ answer: { allowed: 'yes' as never }, why: 'So.' }) }],
        }),
        { 'compliance.allowed': [1] },
      ),
    ],
    [
      'an open answer',
      agentConformance(defineAgent({ ...compliance, questions: [{ ...allowed, answer: () => z.any() }] }), {
        'compliance.allowed': [1],
      }),
    ],
    [
      'a tool that gives something else',
      toolConformance({ ...doubled, run: () => ({ value: 'two' as never }) }, [{ value: 1 }]),
    ],
    [
      'a tool that takes anything',
      toolConformance({ ...doubled, input: z.any(), run: () => ({ value: 1 }) }, [{ value: 1 }]),
    ],
    ['a tool without a sentence', toolConformance({ ...doubled, about: '' }, [{ value: 1 }])],
    ['a tool of a name that no one can call', toolConformance({ ...doubled, name: 'sums double' }, [{ value: 1 }])],
    ['a tool with nothing to look at', toolConformance({ ...doubled, input: () => undefined }, [{ value: 1 }])],
    ['a metric of the wrong direction', metricConformance({ ...cost, greaterIsBetter: true })],
    ['a metric that looks at the order', metricConformance(ofValues(({ truth }) => truth[0]!))],
    ['a metric of chance', metricConformance(ofValues(() => Math.random()))],
    ['a metric of nothing', metricConformance(ofValues(() => Number.NaN))],
    ['a source without records', sourceConformance(() => numbers({ count: 0 }))],
    [
      'a store that forgets the order',
      storeConformance((): Store => {
        const store = memoryStore();
        return { ...store, create: async (id) => ({ ...(await store.create(id)), append: async () => 1 }) };
      }),
    ],
  ])('%s', async (_what, tests) => {
    expect(await failures(tests)).toBeGreaterThan(0);
  });

  it('the built-in agents have questions of their own names', async () => {
    for (const agent of builtInAgents) await agentConformance(agent, {})[0]!.run();
  });
});
