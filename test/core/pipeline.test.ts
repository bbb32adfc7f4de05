import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { pause } from '../../src/core/decider.ts';
import type { Json } from '../../src/core/helpers/canonical-json.ts';
import type { JournalBody } from '../../src/core/journal-record.ts';
import { runPipeline } from '../../src/core/pipeline.ts';
import { defineQuestion } from '../../src/core/question.ts';
import { defineStage, type Stage, type StageContext } from '../../src/core/stage.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { fakeBench, fakeSession, fakeStore, Killed } from './fake-session.ts';

const stage = (name: string, run: Stage<Json>['run'], output: Stage<Json>['output'] = z.json() as never): Stage<Json> =>
  defineStage({ name, agent: name.split('.')[0]!, to: 'task', output, run });

const says = (name: string, message: Json): Stage<Json> => stage(name, async () => ({ message, summary: name }));

describe('the pipeline', () => {
  it('runs the stages in order and delivers what each said', async () => {
    const session = fakeSession();
    const end = await runPipeline(session, [
      says('a.one', { n: 1 }),
      stage('b.two', async (context) => ({ message: { heard: context.message<Json>('a.one')! }, summary: 'two' })),
    ]);
    expect(end.halt).toBeUndefined();
    expect([...end.messages]).toEqual([
      ['a.one', { n: 1 }],
      ['b.two', { heard: { n: 1 } }],
    ]);
    expect(session.store.bodies).toEqual([
      { kind: 'message', stage: 'a.one', visit: 1, summary: 'a.one', body: { n: 1 } },
      { kind: 'message', stage: 'b.two', visit: 1, summary: 'two', body: { heard: { n: 1 } } },
    ]);
    expect(session.events.map(({ type }) => type)).toEqual([
      ...['stage-start', 'checkpoint', 'message', 'stage-end'],
      ...['stage-start', 'checkpoint', 'message', 'stage-end'],
    ]);
    expect(session.events[2]).toMatchObject({ from: 'a', to: 'task', summary: 'a.one', body: { n: 1 } });
  });

  it('takes no message that does not fit its schema', async () => {
    const session = fakeSession();
    const bad = stage(
      'my.step',
      async () => ({ message: { rows: 'many' }, summary: '' }),
      z.object({ rows: z.number() }) as never,
    );
    await expect(runPipeline(session, [bad])).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message:
        'Expected stage "my.step" to give a message of its schema, but rows: Invalid input: expected number, received string.',
      details: { stage: 'my.step' },
    });
    expect(session.store.bodies).toEqual([]);
  });

  it('goes back where a stage says so, and counts the visits', async () => {
    const session = fakeSession();
    let rounds = 0;
    const { messages } = await runPipeline(session, [
      stage('a.one', async () => ({ message: ++rounds, summary: '' })),
      stage('a.two', async () => ({ message: rounds, summary: '', ...(rounds < 3 ? { goTo: 'a.one' } : {}) })),
      says('a.three', 'done'),
    ]);
    expect([...messages.values()]).toEqual([3, 3, 'done']);
    expect(
      session.store.bodies.map((body) => (body.kind === 'message' ? `${body.stage}#${body.visit}` : body.kind)),
    ).toEqual(['a.one#1', 'a.two#1', 'a.one#2', 'a.two#2', 'a.one#3', 'a.two#3', 'a.three#1']);
  });

  it('does not go round for ever', async () => {
    await expect(
      runPipeline(fakeSession(), [stage('a.one', async () => ({ message: 1, summary: '', goTo: 'a.one' }))]),
    ).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'Expected stage "a.one" to be visited at most 50 times. Please report it.',
    });
  });

  it('does not go where there is nothing', async () => {
    await expect(
      runPipeline(fakeSession(), [stage('a.one', async () => ({ message: 1, summary: '', goTo: 'b.two' }))]),
    ).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'Expected the name of a stage to go to, got "b.two".',
    });
  });

  it('ends early where a stage pauses or declines', async () => {
    const open = { question: 'q', about: 'Q?', default: 1, changes: 'all' };
    const paused = fakeSession();
    expect(
      await runPipeline(paused, [
        says('a.one', 1),
        stage('a.two', async (context) => context.pause('why', [open])),
        says('a.three', 3),
      ]),
    ).toEqual({ messages: new Map([['a.one', 1]]), halt: { status: 'paused', why: 'why', questions: [open] } });
    expect(paused.events.at(-1)).toMatchObject({ type: 'decision-pending', question: 'q', proposal: 1 });
    const verdict = { kind: 'reject', reasons: [] } as never;
    expect(
      (await runPipeline(fakeSession(), [stage('a.one', async (context) => context.decline(verdict))])).halt,
    ).toEqual({ status: 'declined', verdict });
  });

  it('ends at once when it is aborted, though a stage does not look at the signal', async () => {
    const session = fakeSession();
    const running = runPipeline(session, [stage('a.one', () => new Promise(() => undefined))]);
    setTimeout(() => session.controller.abort(new Error('enough')), 5);
    await expect(running).rejects.toThrow('enough');
  });

  it('gives stages messages that they can not change for the others', async () => {
    await expect(
      runPipeline(fakeSession(), [
        says('a.one', { list: [1] }),
        stage('a.two', async (context) => {
          context.message<{ list: number[] }>('a.one')!.list.push(2);
          return { message: 1, summary: '' };
        }),
      ]),
    ).rejects.toThrow(TypeError);
  });
});

describe('a tool call', () => {
  const bench = () => fakeBench({ double: (input) => (input as { n: number }).n * 2 });
  const calling = (run: (context: StageContext) => Promise<Json>) => [
    stage('a.one', async (context) => ({ message: await run(context), summary: '' })),
  ];

  it('is an event, a record with its input and output, and an event', async () => {
    const child = bench();
    const session = fakeSession({ child });
    await runPipeline(
      session,
      calling((context) => context.call<number>('double', { n: 2 })),
    );
    expect(session.store.bodies[0]).toEqual({
      kind: 'call',
      at: { stage: 'a.one', visit: 1, name: 'double', ordinal: 0 },
      input: { n: 2 },
      output: 4,
      seconds: 0,
    });
    expect(session.events.filter(({ type }) => type === 'tool-call')).toMatchObject([
      { tool: 'double', ordinal: 0, where: 'child', phase: 'start' },
      { tool: 'double', ordinal: 0, where: 'child', phase: 'end', seconds: 0 },
    ]);
  });

  it('runs on the host’s thread where it is asked to, and says so', async () => {
    const host = fakeBench({ double: () => 1 }, 'host');
    const session = fakeSession({ host });
    await runPipeline(
      session,
      calling((context) => context.call<number>('double', {}, { onHost: true })),
    );
    expect(host.calls).toHaveLength(1);
    expect(session.events.find(({ type }) => type === 'tool-call')).toMatchObject({ where: 'host' });
  });

  it('has its ordinal from the call, so that overlapping calls find their own results', async () => {
    const release: (() => void)[] = [];
    const child = fakeBench({
      slow: async (input) => {
        await new Promise<void>((resolve) => release.push(resolve));
        return input;
      },
    });
    const stages = calling((context) => Promise.all([0, 1, 2].map((i) => context.call<number>('slow', i))));
    const first = fakeSession({ child });
    const running = runPipeline(first, stages);
    await new Promise((resolve) => setImmediate(resolve));
    for (const next of release.reverse()) {
      next(); // the last call ends first
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await running).messages.get('a.one')).toEqual([0, 1, 2]);
    expect(first.store.bodies.map((body) => (body.kind === 'call' ? body.at.ordinal : body.kind))).toEqual([
      2,
      1,
      0,
      'message',
    ]);
    const idle = fakeBench({});
    const resumed = fakeSession({ store: fakeStore(first.store.bodies), child: idle });
    expect((await runPipeline(resumed, stages)).messages.get('a.one')).toEqual([0, 1, 2]);
    expect(idle.calls).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['a changed value', { a: { b: [1, 2] } }, 'a.b[1]'],
    ['a longer list', { a: { b: [1, 3, 4] } }, 'a.b[2]'],
    ['a new member', { a: { b: [1, 3] }, c: 1 }, 'c'],
    ['another kind', [1], 'the whole value'],
  ])('with another input than before ends the resumed run, naming where: %s', async (_, input, path) => {
    const stages = (given: Json) => calling((context) => context.call<Json>('echo', given));
    const child = fakeBench({ echo: (given) => given });
    const first = fakeSession({ child });
    await runPipeline(first, stages({ a: { b: [1, 3] } }));
    const calls = child.calls.length;
    await expect(
      runPipeline(fakeSession({ store: fakeStore(first.store.bodies), child }), stages(input)),
    ).rejects.toMatchObject({
      code: 'RESUME_MISMATCH',
      message: `Expected input of "echo" (a.one, call 1) to be what the journal holds, but ${path} differs. The data, an agent or the version changed since: start a new run.`,
      details: { stage: 'a.one', name: 'echo', ordinal: 0, path },
    });
    expect(child.calls).toHaveLength(calls); // never a silent second call
  });

  it('ends the resumed run where a finished stage says something else', async () => {
    const first = fakeSession();
    await runPipeline(first, [says('a.one', { n: 1 })]);
    await expect(
      runPipeline(fakeSession({ store: fakeStore(first.store.bodies) }), [says('a.one', { n: 2 })]),
    ).rejects.toMatchObject({ code: 'RESUME_MISMATCH', details: { path: 'n' } });
  });
});

describe('the read of the vault', () => {
  const reading = (hash: string) =>
    stage('a.one', async (context) => ({ message: await context.readVault('vault', hash), summary: '' }));

  it('is recorded before it happens, and is no second read when repeated for the same model', async () => {
    const session = fakeSession();
    const once = await runPipeline(session, [reading('m1'), stage('a.two', reading('m1').run)]);
    expect([...once.messages.values()]).toEqual([0, 0]);
    expect(session.store.bodies.filter(({ kind }) => kind === 'vault-read')).toEqual([
      { kind: 'vault-read', modelHash: 'm1', count: 0 },
    ]);
  });

  it('is refused for a second model of the run', async () => {
    await expect(runPipeline(fakeSession(), [reading('m1'), stage('a.two', reading('m2').run)])).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'Expected one model a run to be judged on the vault, got a second one. Please report it.',
    });
  });
});

/** A run with everything in it that is recorded: questions, a model, tools one by one and at once, loops, random numbers. */
function story() {
  const question = defineQuestion({
    id: 'task.next',
    about: 'What is next.',
    language: 'always' as const,
    facts: (n: number) => ({ n }),
    answer: () => z.strictObject({ next: z.enum(['again', 'go']) }),
    rule: (n: number) => ({ answer: { next: n < 2 ? ('again' as const) : ('go' as const) }, why: 'Twice.' }),
  });
  const stages = [
    stage('data.read', async (context) => {
      const rows = await context.call<number>('rows', { source: 'data' });
      return { message: { rows, draw: context.random('split').integer(1000) }, summary: 'read' };
    }),
    stage('model.search', async (context) => {
      const first = await context.call<number>('fit', { learner: 'linear' });
      const others = await Promise.all(
        ['a', 'b', 'c'].map((learner) => context.call<number>('fit', { learner, first })),
      );
      const blob = await context.putJson({ others });
      context.progress({ share: 1 });
      return { message: { first, blob, read: await context.blobJson<Json>(blob) }, summary: 'searched' };
    }),
    stage('task.next', async (context) => {
      const rounds = context
        .journal()
        .filter((body) => body.kind === 'message' && body.stage === 'model.search').length;
      const { next } = await context.ask(question, Math.min(rounds, 2));
      return {
        message: { next, rounds: Math.min(rounds, 2) },
        summary: next,
        ...(next === 'again' ? { goTo: 'model.search' } : {}),
      };
    }),
    stage('model.evaluate', async (context) => ({
      message: { before: await context.readVault('v', 'm') },
      summary: '',
    })),
  ];
  const counted = new Map<string, number>();
  let fits = 0;
  const child = fakeBench({
    rows: () => 344,
    fit: async (input) => {
      const key = JSON.stringify(input);
      counted.set(key, (counted.get(key) ?? 0) + 1);
      for (let i = (fits++ * 7) % 3; i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
      return key.length;
    },
  });
  return { stages, child };
}

const answers = ['not JSON', { next: 'again' }, { next: 'go' }];

describe('a run that is killed at any record and resumed', () => {
  it('ends with the same messages, and calls no tool and no model again for what was recorded', async () => {
    const whole = fakeSession({ child: story().child, llm: scriptedModel(answers) });
    const { stages } = story();
    const expected = [...(await runPipeline(whole, stages)).messages];
    const length = whole.store.bodies.length;
    expect(length).toBeGreaterThan(15);
    const described = (bodies: readonly JournalBody[]) =>
      bodies
        .map((body) =>
          'at' in body
            ? `${body.kind} ${body.at.stage}#${body.at.visit} ${body.at.name}#${body.at.ordinal}`
            : body.kind,
        )
        .sort();

    for (let cut = 0; cut <= length; cut++) {
      const store = fakeStore([], cut);
      const llm = scriptedModel(answers);
      const { child } = story();
      const first = fakeSession({ store, child, llm });
      const died = await runPipeline(first, stages).catch((error: unknown) => error);
      if (cut < length) expect(died).toBeInstanceOf(Killed);
      await new Promise((resolve) => setTimeout(resolve, 5)); // calls under way when it died
      const recorded = store.bodies.filter(({ kind }) => kind === 'call').length;
      const replies = store.bodies.filter(({ kind }) => kind === 'model-call').length;

      const again = story().child;
      const rest = scriptedModel(answers.slice(replies));
      const resumed = fakeSession({ store: fakeStore(store.bodies), child: again, llm: rest });
      for (const [hash, bytes] of store.blobBytes) resumed.store.blobBytes.set(hash, bytes);
      expect([...(await runPipeline(resumed, stages)).messages]).toEqual(expected);
      expect(recorded + again.calls.length).toBe(whole.store.bodies.filter(({ kind }) => kind === 'call').length);
      rest.assertComplete();
      expect(described(resumed.store.bodies)).toEqual(described(whole.store.bodies));
      // Only what is new is told.
      const told = resumed.events.filter(({ type }) => type === 'message').length;
      expect(told).toBe(
        whole.events.filter(({ type }) => type === 'message').length -
          store.bodies.filter(({ kind }) => kind === 'message').length,
      );
    }
  });

  it('does so however often it is killed', async () => {
    const whole = fakeSession({ child: story().child, llm: scriptedModel(answers) });
    const { stages } = story();
    const expected = [...(await runPipeline(whole, stages)).messages];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 8 }), async (steps) => {
        let bodies: readonly JournalBody[] = [];
        let called = 0;
        let asked = 0;
        for (const step of [...steps, Number.POSITIVE_INFINITY]) {
          const store = fakeStore(bodies, bodies.length + step);
          const { child } = story();
          const llm = scriptedModel(answers.slice(bodies.filter(({ kind }) => kind === 'model-call').length));
          const end = await runPipeline(fakeSession({ store, child, llm }), stages).catch((error: unknown) => error);
          await new Promise((resolve) => setTimeout(resolve, 2));
          called += store.bodies.slice(bodies.length).filter(({ kind }) => kind === 'call').length;
          asked += store.bodies.slice(bodies.length).filter(({ kind }) => kind === 'model-call').length;
          bodies = store.bodies;
          if (!(end instanceof Killed)) {
            expect([...(end as { messages: Map<string, unknown> }).messages]).toEqual(expected);
            break;
          }
        }
        expect(called).toBe(whole.store.bodies.filter(({ kind }) => kind === 'call').length);
        expect(asked).toBe(answers.length);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('that a decider paused goes on from there', async () => {
    const { stages, child } = story();
    let times = 0;
    const paused = fakeSession({
      child,
      deciders: { 'task.next': [() => (times++ === 1 ? pause('Look.') : { action: 'accept' })] },
    });
    expect((await runPipeline(paused, stages)).halt).toMatchObject({ status: 'paused', why: 'Look.' });
    const again = story().child;
    const resumed = fakeSession({
      store: fakeStore(paused.store.bodies),
      child: again,
      given: { 'task.next': { next: 'go' } },
    });
    for (const [hash, bytes] of paused.store.blobBytes) resumed.store.blobBytes.set(hash, bytes);
    expect((await runPipeline(resumed, stages)).messages.get('task.next')).toEqual({ next: 'go', rounds: 2 });
    expect(again.calls).toEqual([]);
  });
});
