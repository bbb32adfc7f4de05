import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { arrangeStages } from '../../src/agents/arrange-stages.ts';
import { defineStage } from '../../src/core/stage.ts';
import {
  defineAgent,
  defineQuestion,
  memoryStore,
  pause,
  type Run,
  type RunEvent,
  type Store,
  stop,
  Trainer,
  type TrainerOutcome,
  version,
} from '../../src/index.ts';
import { fakeClock, fakeIds } from '../../src/testing/index.ts';

const request = {
  prompt: 'Predict "y".',
  data: Array.from({ length: 120 }, (_, i) => ({ x: i % 7, z: (i * 13) % 11, y: i % 7 > 3 ? 'yes' : 'no' })),
  budget: 'quick',
} as const;

async function events(run: Run<TrainerOutcome>): Promise<{ events: RunEvent[]; error: unknown }> {
  const heard: RunEvent[] = [];
  try {
    for await (const event of run) heard.push(event);
  } catch (error) {
    return { events: heard, error };
  }
  return { events: heard, error: undefined };
}

/** What holds for every run, however it ended. */
async function expectOrderly(run: Run<TrainerOutcome>, status: string): Promise<RunEvent[]> {
  const { events: heard, error } = await events(run);
  const failure = await run.result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBe(failure);
  expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, i) => i + 1));
  expect(new Set(heard.map(({ runId }) => runId))).toEqual(new Set([run.id]));
  expect(heard.filter(({ type }) => type === 'run-end')).toHaveLength(1);
  expect(heard.at(-1)).toMatchObject({ type: 'run-end', status });
  return heard;
}

const failing = (append: () => Promise<never>): Store => {
  const store = memoryStore();
  return { ...store, create: async (runId) => ({ ...(await store.create(runId)), append }) };
};

describe('a run', () => {
  it('that was paused ends orderly, and goes on when it is resumed', async () => {
    const trainer = new Trainer();
    const remove = trainer.decide('task.plan', () => pause('Let me look.'));
    const run = trainer.run(request);
    const heard = await expectOrderly(run, 'paused');
    expect(heard[0]).toMatchObject({ type: 'run-start', resumed: false, prompt: 'Predict "y".', seed: 0 });
    expect(await run.result).toMatchObject({
      status: 'paused',
      why: 'Let me look.',
      questions: [{ question: 'task.plan' }],
    });
    remove();
    trainer.decide('task.plan', () => stop('Enough.'));
    const again = trainer.resume(run.id);
    const later = await expectOrderly(again, 'declined');
    expect(later[0]).toMatchObject({ type: 'run-start', resumed: true });
    // Only what is new: nothing of the stages before the pause.
    expect(later.filter(({ type }) => type === 'message' || type === 'tool-call')).toEqual([]);
    expect(await again.result).toMatchObject({
      status: 'declined',
      verdict: { kind: 'reject', reasons: [{ code: 'STOPPED_BY_HOST' }] },
    });
  });

  it('that was aborted rejects, and can be resumed', async () => {
    const trainer = new Trainer();
    const run = trainer.run(request);
    trainer.on('stage-end', ({ stage }) => {
      if (stage === 'task.understand') run.abort();
    });
    const heard = await expectOrderly(run, 'aborted');
    expect(heard.at(-1)).toMatchObject({
      error: {
        code: 'RUN_ABORTED',
        message: 'The run was aborted. What was finished is kept: resume it to go on from there.',
      },
    });
    trainer.decide('task.plan', () => pause());
    const again = await expectOrderly(trainer.resume(run.id), 'paused');
    expect(again.filter((event) => event.type === 'message' && event.stage === 'data.collect')).toEqual([]);
  });

  it('that is aborted before it begins does nothing', async () => {
    const run = new Trainer().run({ ...request, signal: AbortSignal.abort() });
    expect(await expectOrderly(run, 'aborted')).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a signal that is none', { signal: {} }],
    ['an id that is no text', { runId: 5 }],
  ])('asked for with %s never throws: it fails', async (_, bad) => {
    const run = new Trainer().run(bad as typeof request);
    await expectOrderly(run, 'failed');
    await expect(run.result).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('takes no answer to a question that nobody asks', async () => {
    const message = expect.stringMatching(
      /^Expected answers to be by question id \(.*task\.target.*\), got an answer to "task\.targt"\.$/,
    );
    const trainer = new Trainer();
    const code = 'REQUEST_INVALID';
    const answers = { 'task.targt': 'y' };
    await expect(trainer.run({ ...request, answers }).result).rejects.toMatchObject({ code, message });
    await expect(trainer.resume('x', { answers }).result).rejects.toMatchObject({ code, message });
  });

  it('that the store does not know is not resumed', async () => {
    const run = new Trainer().resume('nobody');
    await expectOrderly(run, 'failed');
    await expect(run.result).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('whose store fails fails, with its error', async () => {
    const { TrainerError } = await import('../../src/index.ts');
    const full = new TrainerError('STORE_FAILED', 'The disk is full.');
    const run = new Trainer({ store: failing(() => Promise.reject(full)) }).run(request);
    await expectOrderly(run, 'failed');
    await expect(run.result).rejects.toBe(full);
  });

  it('whose plug-in store throws what is no error of ours says so', async () => {
    const run = new Trainer({ store: failing(() => Promise.reject(Object.create(null))) }).run(request);
    await expect(run.result).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'Something failed that should not: something that has no text. Please report it.',
    });
  });

  it('is worked on by one at a time', async () => {
    const trainer = new Trainer();
    const remove = trainer.decide('task.plan', () => pause());
    const { runId } = await trainer.run(request).result;
    remove();
    trainer.decide('task.plan', () => stop());
    const [one, two] = [trainer.resume(runId), trainer.resume(runId)];
    const results = await Promise.allSettled([one.result, two.result]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'RUN_LOCKED' } });
  });

  it('is not changed by a listener that changes events, throws or rejects', async () => {
    const trainer = new Trainer();
    const seen: string[] = [];
    trainer.on('message', (event) => {
      (event as { body: unknown }).body = 'hacked';
    });
    trainer.on('decision', (event) => {
      (event.answer as Record<string, unknown>).hacked = true;
    });
    trainer.on('stage-start', () => Promise.reject(new Error('rejected')));
    trainer.on('listener-error', ({ event }) => seen.push(event));
    trainer.decide('task.plan', () => pause());
    const run = trainer.run(request);
    const heard = await expectOrderly(run, 'paused');
    expect(new Set(seen)).toEqual(new Set(['message', 'decision', 'stage-start']));
    for (const event of heard) if (event.type === 'message') expect(event.body).not.toBe('hacked');
    expect(JSON.stringify(heard)).not.toContain('"hacked":');
  });

  it('has its times and its name from the clock and the ids that it was given', async () => {
    const clock = fakeClock();
    const run = new Trainer({ clock, ids: fakeIds('mine') }).run({ data: 5 as never });
    expect(run.id).toBe('mine-1');
    expect((await events(run)).events.map(({ time }) => time)).toEqual([clock.now()]);
  });
});

describe('a trainer', () => {
  it.each([
    [{ cores: 0 }, 'Expected cores to be a whole number of at least 1, got 0.'],
    [{ cores: 1.5 }, 'Expected cores to be a whole number of at least 1, got 1.5.'],
    [{ deciderTimeoutMs: Number.NaN }, 'Expected deciderTimeoutMs to be a whole number of at least 1, got NaN.'],
  ])('is not made with options that are out of range: %j', (options, message) => {
    expect(() => new Trainer(options)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID', message }));
  });

  it('has the version of its package', () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect(version).toBe((JSON.parse(text) as { version: string }).version);
  });

  it('hears an agent of the host after a stage, with its questions and deciders', async () => {
    const allowed = defineQuestion({
      id: 'compliance.allowed',
      about: 'Whether these data may be used.',
      language: 'always' as const,
      facts: (rows: number) => ({ rows }),
      answer: () => z.strictObject({ allowed: z.boolean() }),
      rule: () => ({ answer: { allowed: true }, why: 'Nothing speaks against it.' }),
    });
    const compliance = defineAgent({
      name: 'compliance',
      profile: 'You look after rules.',
      questions: [allowed],
      consultations: [
        {
          after: 'data.collect',
          async run(context) {
            const answer = await context.ask(allowed, 120);
            return answer.allowed ? 'May be used.' : context.pause('Not allowed.', []);
          },
        },
      ],
    });
    const trainer = new Trainer({ agents: [compliance] });
    trainer.decide('compliance.allowed', ({ proposal }) => ({
      action: 'replace',
      answer: { allowed: !proposal.allowed },
    }));
    const run = trainer.run(request);
    const heard = await expectOrderly(run, 'paused');
    expect(heard.filter((event) => event.type === 'decision')).toMatchObject([
      {
        stage: 'compliance.after-data.collect',
        question: 'compliance.allowed',
        answer: { allowed: false },
        by: 'host',
      },
    ]);
    expect(await run.result).toMatchObject({ status: 'paused', why: 'Not allowed.' });
  });
});

describe('the stages of a run', () => {
  const stage = (name: string, summary = '') =>
    defineStage({
      name,
      agent: 'task',
      to: 'task',
      output: z.null(),
      run: async () => ({ message: null, summary }),
    });
  const builtIn = [stage('a.one'), stage('a.two')];
  const agent = (name: string, rest: object) => defineAgent({ name, profile: '', questions: [], ...rest });

  it('are those of the library, with consultations behind them in the order of registration', () => {
    const consulted = (name: string) => agent(name, { consultations: [{ after: 'a.one', run: () => undefined }] });
    expect(arrangeStages(builtIn, [consulted('x'), consulted('y')]).map(({ name }) => name)).toEqual([
      'a.one',
      'x.after-a.one',
      'y.after-a.one',
      'a.two',
    ]);
  });

  it('may be replaced by those of an agent', () => {
    const own = stage('a.two', 'mine');
    const arranged = arrangeStages(builtIn, [agent('x', { stages: [own] })]);
    expect(arranged.map(({ name, agent: by }) => `${name} by ${by}`)).toEqual([
      `a.one by ${builtIn[0]!.agent}`,
      `a.two by ${own.agent}`,
    ]);
    expect(arranged[1]).not.toBe(builtIn[1]);
    expect(builtIn[1]).not.toBe(own);
  });

  it.each([{ stages: [stage('a.three')] }, { consultations: [{ after: 'a.three', run: () => undefined }] }])(
    'can not be those that are not there',
    (rest) => {
      expect(() => arrangeStages(builtIn, [agent('x', rest)])).toThrow(
        expect.objectContaining({
          code: 'PLUGIN_INVALID',
          message: 'Expected agent "x" to name one of the stages a.one, a.two, got "a.three".',
        }),
      );
    },
  );
});
