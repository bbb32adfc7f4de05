import { scriptedModel } from 'traineragent/testing';
import { describe, expect, it } from 'vitest';
import { builtInQuestions } from '../../src/agents/questions.ts';
import type { RunEvent, RunFacts, RunRequest } from '../../src/index.ts';
import { replace, retry, Trainer } from '../../src/index.ts';
import { complete, finished, outcomeOf, planOf, quickRequest, sampleRows } from './sample.ts';

// That of drift comes up in no run that trains; it has tests of its own.
const questions = Object.values(builtInQuestions)
  .flat()
  .filter(({ id }) => id !== 'task.drift');
type Id = Exclude<(typeof questions)[number]['id'], 'task.drift'>;
const aboutOf = new Map<string, string>(questions.map(({ id, about }) => [id, about]));

/** Answers the questions that are named, and talks nonsense at all others. */
const modelFor = (answers: Partial<Record<Id, unknown>>) =>
  scriptedModel(
    Array.from({ length: 60 }, () => ({ prompt }: { readonly prompt: string }) => {
      const known = Object.entries(answers).find(([id]) => prompt.startsWith(`Question: ${aboutOf.get(id)}`));
      return known === undefined ? 'I would rather talk about the weather.' : JSON.stringify(known[1]);
    }),
  );
const decisionOf = (events: readonly RunEvent[], question: string) =>
  events.find((event) => event.type === 'decision' && event.question === question);
const free = (request: Partial<RunRequest> = {}): RunRequest => ({
  ...quickRequest(request),
  answers: request.answers ?? {},
});

// A column that repeats the target makes the question of leaks come up; two candidates for the target, that of the target.
const leaking = sampleRows().map((row, i) => ({ ...row, after: row.label === 'yes' ? 10 + (i % 3) : i % 3 }));
const hinting = sampleRows().map((row, i) => ({ ...row, after: (row.label === 'yes' ? 5 : 0) + ((i * 7) % 11) / 20 }));
const plan = planOf('linear', 'quick', 4);

const plain = free();
const unnamed = free({
  prompt: 'Predict the height.',
  data: sampleRows().map(({ x, y, colour, label }) => ({ a: x, b: y, c: colour, d: label })),
});
const suspicious = quickRequest({ data: hinting });
const long = quickRequest({ data: sampleRows(1600) });

interface Case {
  /** In which the question comes up. */
  readonly request: RunRequest;
  /** One that the rule would not give, where there is one. */
  readonly answer: unknown;
  /** Where the answer shows. */
  readonly shown: (facts: RunFacts, summaries: readonly string[]) => unknown;
  readonly is: unknown;
}

const cases: Readonly<Record<Id, Case>> = {
  'task.target': { request: unnamed, answer: { target: 'a' }, shown: ({ task }) => task?.target.value, is: 'a' },
  'task.metric': {
    request: plain,
    answer: { metric: 'accuracy' },
    shown: ({ task }) => task?.metrics[0]?.metric,
    is: 'accuracy',
  },
  'task.plan': { request: plain, answer: plan, shown: ({ split }) => split?.folds, is: 4 },
  'data.columns': {
    request: plain,
    answer: { use: ['x', 'y'] },
    shown: ({ importances }) => importances.map(({ column }) => column).sort(),
    is: ['x', 'y'],
  },
  'data.leaks': {
    request: suspicious,
    answer: { leaveOut: ['after'] },
    shown: ({ data }) => data?.columns.find(({ name }) => name === 'after')?.role,
    is: 'set-aside',
  },
  'data.sample': {
    request: long,
    answer: { rows: 1000 },
    shown: ({ data }) => data?.steps.some(({ what }) => what.includes('learned from 1000 of')),
    is: true,
  },
  'model.candidates': {
    request: plain,
    answer: { learners: ['linear'] },
    shown: ({ trials }) => [...new Set(trials.map(({ learner }) => learner))].sort(),
    is: ['baseline', 'linear'],
  },
  'model.configurations': {
    request: plain,
    answer: { configurations: [{ learner: 'linear', values: {} }] },
    shown: ({ trials }) => trials.filter(({ learner }) => learner === 'linear').length > 1,
    is: true,
  },
  'model.balance': {
    request: plain,
    answer: { classWeight: 'balanced' },
    shown: ({ winner }) => winner?.classWeight?.about.startsWith('Every class counted alike in the fits'),
    is: true,
  },
  'task.next': {
    request: plain,
    answer: { move: 'counter-offer' },
    shown: (_, summaries) => summaries.includes('Go on, below what was asked.'),
    is: true,
  },
  'model.ensemble': { request: plain, answer: { use: 'single' }, shown: ({ winner }) => winner?.members.length, is: 1 },
  'model.compression': {
    request: plain,
    answer: { variant: 'as-found' },
    shown: (_, summaries) => summaries.includes('The model stays as it was found.'),
    is: true,
  },
  'model.forms': {
    request: { ...plain, forms: ['javascript'] },
    answer: { deliver: [], deploy: 'float32' },
    shown: ({ forms }) => forms?.map(({ form, isDelivered }) => `${form} ${isDelivered}`),
    is: ['float32 true', 'javascript false'],
  },
  'model.calibration': {
    request: plain,
    answer: { method: 'sigmoid' },
    shown: ({ winner }) => winner?.calibration?.method,
    is: 'sigmoid',
  },
  'model.decision': {
    request: plain,
    answer: { rule: 'plain' },
    shown: ({ winner }) => winner?.decisionRule,
    is: '"yes" where its probability is at least 0.500, else "no".',
  },
  'server.deployment': {
    request: plain,
    answer: { way: 'service' },
    shown: (_, summaries) => summaries.includes('Best run as a service of its own.'),
    is: true,
  },
};
const ids = Object.keys(cases) as Id[];
const answersFor = (request: RunRequest): Partial<Record<Id, unknown>> =>
  Object.fromEntries(ids.flatMap((id) => (cases[id].request === request ? [[id, cases[id].answer]] : [])));

/** One run a request, whichever test asks first. */
function once(make: (request: RunRequest) => ReturnType<typeof finished>): typeof make {
  const runs = new Map<RunRequest, ReturnType<typeof finished>>();
  return (request) => {
    const run = runs.get(request) ?? make(request);
    runs.set(request, run);
    return run;
  };
}

describe('A host decides', () => {
  const overruled = once((request) =>
    finished(request, {}, (trainer) => {
      for (const [id, answer] of Object.entries(answersFor(request)))
        trainer.decide(id, () => ({ action: 'replace', answer, why: 'I know better.' }));
    }),
  );

  it('any question that there is', () => {
    expect([...ids].sort()).toEqual(questions.map(({ id }) => id as string).sort());
  });

  it.each(ids)('%s, and the effect is visible', async (id) => {
    const { request, answer, shown, is } = cases[id];
    const { events, outcome } = await overruled(request);
    const { facts } = complete(outcome);
    expect(decisionOf(events, id)).toMatchObject({ by: 'host', why: 'I know better.', answer });
    const summaries = events.flatMap((event) => (event.type === 'message' ? [event.summary] : []));
    expect(shown(facts, summaries)).toEqual(is);
  });

  it('in four typed lines', async () => {
    const trainer = new Trainer();
    trainer.decide('model.candidates', ({ proposal }) => replace({ learners: proposal.learners.slice(0, 1) }));
    const outcome = await trainer.run({ prompt: 'Predict the label', data: sampleRows(), budget: 'quick' }).result;
    expect(new Set(outcome.facts.trials.map(({ learner }) => learner))).toEqual(new Set(['baseline', 'linear']));
  });
});

describe('A language model', () => {
  const asked: readonly Id[] = ['task.target', 'task.metric', 'data.leaks', 'model.candidates', 'model.configurations'];
  const answered = once((request) => finished(request, { llm: modelFor(answersFor(request)) }));
  const confused = once((request) =>
    finished(request, {
      llm: modelFor(Object.fromEntries(Object.keys(answersFor(request)).map((id) => [id, { nonsense: [1, 2] }]))),
    }),
  );

  it.each(asked)('answers %s, and is taken at its word where that is valid', async (id) => {
    const { events } = await answered(cases[id].request);
    expect(decisionOf(events, id)).toMatchObject({
      by: 'llm',
      answer: cases[id].answer,
      why: expect.stringMatching(/^scripted answered; the answer passed its checks\.$/),
    });
  });

  it.each(asked)('that answers %s with nonsense is not taken, and the decision says why', async (id) => {
    const { events, outcome } = await confused(cases[id].request);
    // The target is left to a person: nobody knows it.
    if (id === 'task.target')
      expect(outcome).toMatchObject({ status: 'paused', questions: [expect.objectContaining({ question: id })] });
    else
      expect(decisionOf(events, id)).toMatchObject({
        by: 'rule',
        fallback: expect.stringMatching(/^no valid answer after 3 tries/),
      });
  });

  it.each(ids.filter((id) => !asked.includes(id)))('is not asked %s, where a rule knows', async (id) => {
    const { events } = await answered(cases[id].request);
    expect(decisionOf(events, id)).toMatchObject({ by: 'rule' });
    expect(events.filter((event) => event.type === 'model-call' && event.question === id)).toEqual([]);
  });

  it('adds learners and configurations, and the trials of the rules stay what they were', async () => {
    const alone = complete(await outcomeOf(plain)).facts;
    const llm = modelFor({
      'model.candidates': { learners: ['linear'] },
      'model.configurations': {
        configurations: [
          { learner: 'trees', values: {} },
          { learner: 'linear', values: {} },
        ],
      },
    });
    const { outcome, events } = await finished(plain, { llm });
    const { facts } = complete(outcome);
    expect(decisionOf(events, 'model.candidates')).toMatchObject({ by: 'llm', answer: { learners: ['linear'] } });
    const shape = ({ trials }: typeof facts) =>
      trials.map(({ learner, configuration, rung, score }) => ({ learner, configuration, rung, score }));
    expect(shape(facts).slice(0, alone.trials.length)).toEqual(shape(alone));
    expect(facts.trials.length).toBeGreaterThan(alone.trials.length);
    expect(facts.scores[0]!.metric).toBe(alone.scores[0]!.metric);
  });

  it('is asked again where a decider sends its answer back', async () => {
    const llm = modelFor({ 'task.metric': { metric: 'accuracy' } });
    const trainer = new Trainer({ llm });
    let times = 0;
    trainer.decide('task.metric', () => (times++ === 0 ? retry('Think of the classes.') : replace({ metric: 'f1' })));
    const { facts } = complete(await trainer.run(quickRequest()).result);
    expect(facts.task?.metrics[0]?.metric).toBe('f1');
    expect(
      llm.calls.some(({ prompt }) => prompt.includes('sent back by the host with this remark: Think of the classes.')),
    ).toBe(true);
  });

  it('sees facts as data, and no cell of the rows', async () => {
    const llm = modelFor({});
    await finished(quickRequest({ data: leaking }), { llm });
    const prompts = llm.calls.map(({ prompt }) => prompt).join('\n');
    expect(prompts).toContain('<facts>');
    for (const value of ['green', 'blue', 'red']) expect(prompts).not.toContain(`"${value}"`);
  });
});
