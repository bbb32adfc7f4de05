import { describe, expect, it } from 'vitest';
import { builtInQuestions } from '../../../src/agents/questions.ts';
import { builtInAgents } from '../../../src/agents/stages.ts';
import { metricPrompt } from '../../../src/agents/task/prompts/metric.ts';
import { ask } from '../../../src/core/ask.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import type { Privacy } from '../../../src/core/privacy.ts';
import type { AnyQuestion } from '../../../src/core/question.ts';
import type { ToolContext } from '../../../src/core/tool.ts';
import { inputOf } from '../../../src/core/tool.ts';
import { scriptedModel } from '../../../src/testing/index.ts';
import type { ColumnProfile, TableProfile } from '../../../src/tools/data/profile/profile.ts';
import { fakeSession } from '../../core/fake-session.ts';
import { questionSubjects } from '../question-subjects.ts';

const questions = Object.values(builtInQuestions).flat() as readonly AnyQuestion[];
const agentOf = (id: string) => builtInAgents.find(({ questions: own }) => own.some((one) => one.id === id))!;

const column = (name: string, rest: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name,
  kind: 'category',
  missing: 0,
  distinct: 3,
  distinctExact: true,
  identifier: false,
  top: [
    { value: 'CELL-often', count: 60 },
    { value: 'CELL-seldom', count: 37 },
    { value: 'CELL-once', count: 3 },
  ],
  ...rest,
});
const numbers = column('price', {
  kind: 'number',
  distinct: 100,
  top: [],
  numeric: {
    min: 1.23456789,
    max: 987.654321,
    mean: 101.23456,
    deviation: 55.4321,
    quantiles: [2, 5, 30.123, 90.456, 160.789, 400, 900],
    integers: false,
    zeros: 0,
    negatives: 0,
    histogram: [],
  },
});
const profile: TableProfile = { rowCount: 100, duplicateRows: 0, columns: [column('plan'), numbers, column('churn')] };
const cells = { churn: ['CELL-a', 'CELL-b'] };
const summary = profile.columns.map(({ name, kind, distinct }) => ({ name, kind, distinct }));
const spec = {
  task: { value: 'binary' },
  target: { value: 'churn' },
  metrics: [{ metric: 'rocAuc', source: 'default' }],
  roles: { ignore: [] },
  limits: {},
};

/** What each question is about, as a run would have it. */
const subjects: Readonly<Record<string, object>> = {
  'task.target': {
    prompt: 'Predict it.',
    clarification: { question: 'Which?', changes: 'All.', default: 'churn', options: ['churn'] },
    code: 'TARGET_NOT_NAMED',
    columns: summary,
    profile,
    cells,
  },
  'task.metric': {
    prompt: 'Predict churn.',
    task: 'binary',
    metric: 'rocAuc',
    isDefault: true,
    target: column('churn'),
    rowCount: 100,
    cells,
  },
  'task.plan': { spec, profile, hasTestData: false, budget: 'quick', learners: ['linear', 'trees'] },
  'task.next': {
    metric: 'rocAuc',
    best: [0.7, 0.75],
    baseline: 0.5,
    standardError: 0.01,
    budgetLeft: 0.4,
    canEnlarge: false,
    enlarged: 0,
    rowsUsed: 100,
    rowsThere: 100,
    limitsKept: true,
    canSearchOn: true,
  },
  'task.drift': {
    task: 'binary',
    metric: 'rocAuc',
    watchedColumns: 20,
    windowRows: 500,
    drifted: [{ column: 'plan', alarms: ['distribution', 'unseen'] }],
    predictionAlarms: [],
    score: { metric: 'accuracy', count: 200, isWorse: false },
    measures: [{ of: 'plan', psi: 0.371, psiLimit: 0.1, missing: [0, 0.02], unseen: [0, 0.2] }],
  },
  'data.columns': {
    columns: [
      { name: 'plan', kind: 'category', distinct: 3, missing: 0 },
      { name: 'id', kind: 'text', distinct: 100, missing: 0, setAside: 'identifier' },
    ],
  },
  'data.leaks': {
    suspects: [{ column: 'plan', code: 'TARGET_LEAK', evidence: { score: 0.999 } }],
    inputCount: 2,
    profile,
    cells: { plan: ['CELL-a'] },
  },
  'data.sample': { rows: 50_000, planned: 10_000 },
  'model.candidates': {
    task: 'binary',
    rowCount: 100,
    numberCount: 1,
    categoryCount: 1,
    missingShare: 0,
    available: [
      { name: 'linear', about: 'Linear models.' },
      { name: 'trees', about: 'Boosted trees.' },
    ],
    planned: ['linear'],
  },
  'model.configurations': {
    spaces: { trees: { depth: { kind: 'integer', low: 2, high: 8, scale: 'log' } } },
    facts: { task: 'binary', rows: 100 },
  },
  ...questionSubjects,
  'model.compression': {
    variants: [
      { id: 'as-found', what: 'as it was found', score: 0.8, sizeBytes: 1000, latencyMs: 0.1 },
      { id: 'half', what: 'with half of the iterations', score: 0.7, sizeBytes: 500, latencyMs: 0.05 },
    ],
    limits: { sizeBytes: 2000 },
  },
  'model.calibration': { task: 'binary', rowCount: 100, isPlanned: true },
  'model.decision': { metric: 'f1', classShares: [0.6, 0.37, 0.03], rowCount: 100 },
  'server.deployment': { latencyP50Ms: 1, sizeBytes: 1000, limits: [] },
};

const collected = {
  data: {
    profile: 'p',
    columns: profile.columns.map(({ name, kind, missing, distinct, identifier }) => ({
      name,
      kind,
      missing,
      distinct,
      identifier,
    })),
  },
};
const searched = {
  ranking: [{ learner: 'trees', configuration: { depth: 6 }, score: 0.8 }],
  trials: 1,
  stopped: 'plateau',
};
const view: Pick<ToolContext, 'message' | 'blobJson'> = {
  message: <T>(stage: string) =>
    ({ 'data.collect': collected, 'model.search': searched, 'task.understand': { spec } })[stage] as T | undefined,
  blobJson: async <T>() => profile as T,
};

/** The one prompt that leaves for a question, and the event that told it. */
async function outbound(id: string, privacy: Privacy, subject: object = subjects[id]!, maxFactTokens?: number) {
  const { open: _, ...question } = { ...questions.find((one) => one.id === id)!, language: 'always' as const };
  const agent = agentOf(id);
  const llm = scriptedModel(Array.from({ length: 3 }, () => 'no answer'));
  const session = fakeSession({
    llm,
    privacy,
    tools: agent.tools ?? [],
    ...(maxFactTokens === undefined ? {} : { llmBudget: { maxFactTokens } }),
  });
  const at = { stage: 's', visit: 1, name: id, ordinal: 0 };
  await ask(session, at, agent.name, question as AnyQuestion, subject as never, view);
  const told = session.events.find((event): event is RunEvent<'model-call'> => event.type === 'model-call');
  const decision = session.events.find((event): event is RunEvent<'decision'> => event.type === 'decision');
  return { text: llm.calls[0]?.prompt ?? '', schema: llm.calls[0]?.schema, told, decision };
}
const factsIn = (text: string) => JSON.parse(/<facts>\n(.*)\n<\/facts>/.exec(text)![1]!) as Record<string, unknown>;

describe('the prompt of a question', () => {
  it('is there for each', () => {
    expect(Object.keys(subjects).sort()).toEqual(questions.map(({ id }) => id).sort());
    for (const { prompt, about } of questions) expect(prompt?.about).toBe(about);
  });

  it.each(Object.keys(subjects))('%s, with all that may be shown', async (id) => {
    const { text } = await outbound(id, 'samples');
    await expect(`${text}\n`).toMatchFileSnapshot(`__snapshots__/${id}.txt`);
  });

  it.each(builtInAgents.map(({ name }) => name))('begins with profile and knowledge of the agent %s', async (name) => {
    const { profile: role, knowledge, questions: own } = builtInAgents.find((agent) => agent.name === name)!;
    for (const { id } of own) expect(knowledge).toContain(`## ${id}\n`);
    await expect(`${role}\n\n${knowledge}\n`).toMatchFileSnapshot(`__snapshots__/agent-${name}.txt`);
  });
});

describe('the metric that a language model may answer', () => {
  const { answer } = metricPrompt;
  const asked = { prompt: '', task: 'binary', metric: 'rocAuc', isDefault: true } as const;
  it.each<[string, object, string | undefined]>([
    ['has no bound where the request names no number', { prompt: 'Predict churn.' }, undefined],
    ['may have a bound that the request names', { prompt: 'Reach 0.8, or 85 %, in q3' }, '"enum":[0.8,0.85]'],
    ['keeps the bound that was understood', { prompt: 'At least 0.8.', threshold: 0.8 }, '"const":0.8'],
  ])('%s', (_, given, bound) => {
    const schema = JSON.stringify(
      answer!({ ...asked, ...given })['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }),
    );
    if (bound === undefined) expect(schema).not.toContain('threshold');
    else expect(schema).toContain(bound);
    expect(schema.includes('"required":["metric","threshold"]')).toBe('threshold' in given);
  });
});

describe('levels of privacy', () => {
  /** Where the levels differ; what is measured of models, and counts, are shown at each. */
  const differing: Readonly<Record<string, readonly [aggregates: readonly string[], samples: readonly string[]]>> = {
    'task.target': [['statistics'], ['cells']],
    'task.metric': [['target'], ['cells']],
    'task.drift': [['measures'], []],
    'data.leaks': [['evidence', 'statistics'], ['cells']],
    'model.decision': [['classShares'], []],
  };

  it.each(Object.keys(subjects))('%s shows no more than the level allows', async (id) => {
    const [schema, aggregates, samples] = await Promise.all(
      (['schema-only', 'aggregates', 'samples'] as const).map(async (level) => (await outbound(id, level)).text),
    );
    const [more, most] = differing[id] ?? [[], []];
    const added = (from: string, to: string) => Object.keys(factsIn(to)).filter((name) => !(name in factsIn(from)));
    expect(added(schema!, aggregates!).sort()).toEqual([...more].sort());
    expect(added(aggregates!, samples!)).toEqual(most);
    expect(schema).not.toMatch(/CELL|0\.37|101|quartiles/);
    // Values that ten rows have are statistics; single ones are cells.
    expect(aggregates).not.toMatch(/CELL-once|CELL-a|1\.23456789|987\.65|0\.03[^0-9]/);
    if (most.length > 0) expect(samples).toContain('CELL-a');
  });

  it('hold for what tools tell', async () => {
    const [columnTool] = builtInAgents[0]!.tools!;
    const told = async (privacy: Privacy) =>
      JSON.stringify(
        await columnTool!.run({ column: 'plan' }, { ...view, privacy, signal: new AbortController().signal }),
      );
    expect(await told('schema-only')).not.toContain('CELL');
    expect(await told('aggregates')).toContain('"CELL-often":60');
    expect(await told('samples')).not.toContain('CELL-once');
  });
});

describe('a table of 2,000 columns', () => {
  const wide = Array.from({ length: 2000 }, (_, i) => column(`a rather long name of column number ${i}`));
  const subject = {
    ...subjects['task.target'],
    clarification: {
      question: 'Which?',
      changes: 'All.',
      default: wide[1999]!.name,
      options: [wide[1999]!.name, wide[7]!.name],
    },
    columns: wide.map(({ name, kind, distinct }) => ({ name, kind, distinct })),
    profile: { ...profile, columns: wide },
  };

  it('is told by importance within the budget of tokens; what is left out is counted in the event and in the prompt', async () => {
    const { text, schema, told } = await outbound('task.target', 'aggregates', subject, 2000);
    const facts = factsIn(text);
    const shown = (facts.columns as { name: string }[]).map(({ name }) => name);
    expect(Buffer.byteLength(JSON.stringify(facts))).toBeLessThanOrEqual(2000 * 3);
    // The likely ones first, wherever they stand in the table.
    expect(shown.slice(0, 3)).toEqual([wide[7]!.name, wide[1999]!.name, wide[0]!.name]);
    expect(shown.length).toBeLessThan(200);
    expect(told?.leftOut).toEqual({ columns: 2000 - shown.length, statistics: 2000 });
    expect(text).toContain(
      `Left out of the facts for length (counts): {"columns":${2000 - shown.length},"statistics":2000}`,
    );
    // Nobody can choose what they were not told of; and the whole stays small.
    expect(JSON.stringify(schema)).not.toContain(wide[1500]!.name);
    expect(JSON.stringify(schema)).toContain(wide[1999]!.name);
    expect(text.length).toBeLessThan(25_000);
  });

  it('is not shown in part where the answer has to name all: then the rule answers', async () => {
    const columns = wide.map(({ name, kind, distinct }) => ({ name, kind, distinct, missing: 0 }));
    const { told, decision } = await outbound('data.columns', 'schema-only', { columns });
    expect(told).toBeUndefined();
    expect(decision).toMatchObject({
      by: 'rule',
      fallback: '"columns" is too much to be shown to a language model',
    });
  });
});

describe('schemas of answers and of tools', () => {
  const signal = new AbortController().signal;
  const context = { ...view, privacy: 'samples' as const, signal };

  it('have no path, URL, command, code or free number: words are of a list or prose of bounded length, numbers are bounded', async () => {
    const schemas = new Map<string, unknown>();
    for (const question of questions) {
      const subject = subjects[question.id] as never;
      schemas.set(question.id, jsonOf(question.answer(subject)));
      const forModels = question.prompt?.answer?.(subject);
      if (forModels !== undefined) schemas.set(`${question.id} of a model`, jsonOf(forModels));
    }
    for (const agent of builtInAgents)
      for (const tool of agent.tools ?? []) schemas.set(`tool ${tool.name}`, jsonOf(await inputOf(tool, context)));
    expect(schemas.size).toBeGreaterThanOrEqual(16);
    const free: string[] = [];
    for (const [id, schema] of schemas) walk(schema, id, free);
    expect(free).toEqual([]);
  });

  function jsonOf(schema: unknown): unknown {
    return (schema as { '~standard': { jsonSchema?: { input(options: object): unknown } } } | undefined)?.[
      '~standard'
    ].jsonSchema?.input({ target: 'draft-2020-12' });
  }

  function walk(node: unknown, path: string, free: string[]): void {
    if (typeof node !== 'object' || node === null) return;
    const { type, ...rest } = node as Record<string, unknown>;
    const isListed = 'enum' in rest || 'const' in rest;
    // A plan says why in prose, which is shown and never used.
    if (type === 'string' && !isListed && !(/\.why$/.test(path) && Number(rest.maxLength) <= 500)) free.push(path);
    if ((type === 'number' || type === 'integer') && !isListed && !('minimum' in rest && 'maximum' in rest))
      free.push(path);
    if (type === 'object' && rest.additionalProperties !== false) free.push(`${path} is open`);
    if (/(^|\.)(path|file|url|uri|host|command|cmd|code|script|expression|sql)(\.|\[|$)/i.test(path)) free.push(path);
    for (const [name, part] of Object.entries((rest.properties ?? {}) as object)) walk(part, `${path}.${name}`, free);
    walk(rest.items, `${path}[]`, free);
    for (const branch of [rest.anyOf, rest.oneOf].flat()) walk(branch, path, free);
  }
});
