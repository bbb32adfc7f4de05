import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../../src/core/ask.ts';
import { accept, pause, replace, retry, stop } from '../../src/core/decider.ts';
import { TrainerError } from '../../src/core/errors.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { Halt } from '../../src/core/halt.ts';
import { checkLlmBudget, type LlmBudget } from '../../src/core/llm-budget.ts';
import type { Privacy } from '../../src/core/privacy.ts';
import { defineQuestion } from '../../src/core/question.ts';
import {
  cached,
  fallback,
  type LanguageModel,
  limited,
  type ModelReply,
  mergeSmallCounts,
  sampleCells,
  Trainer,
} from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { type FakeSession, fakeSession, fakeStore, rejection } from './fake-session.ts';

const question = defineQuestion({
  id: 'test.pick',
  about: 'Which one.',
  language: 'always',
  facts: (names: readonly string[]) => ({ names: [...names], note: 'call jane@mail.example' }),
  answer: (names) => z.strictObject({ pick: z.enum(names as [string]) }),
  rule: ([first]) => ({ answer: { pick: first! }, why: 'It is the first.' }),
});
const names = ['a', 'b'];
const at = (ordinal = 0) => ({ stage: 's', visit: 1, name: 'test.pick', ordinal });
const asked = (session: FakeSession, ordinal = 0) => ask(session, at(ordinal), 'model', question, names);
const calls = (session: FakeSession) =>
  session.events.filter((event): event is RunEvent<'model-call'> => event.type === 'model-call');
const lastDecision = (session: FakeSession) =>
  session.events.findLast((event): event is RunEvent<'decision'> => event.type === 'decision');

/** A model that always picks b, and says what it took. */
const picking = (usage?: ModelReply['usage'], extra: Partial<ModelReply> = {}): LanguageModel => ({
  name: 'picker',
  capabilities: { structuredOutput: 'none' },
  generate: async () => ({ text: '{"pick":"b"}', ...(usage === undefined ? {} : { usage }), ...extra }),
});
const usage = { inputTokens: 100, outputTokens: 10 };

describe('a budget for language models', () => {
  it.each<[string, LlmBudget, string]>([
    ['calls', { maxCalls: 2 }, 'the budget of 2 calls is spent'],
    ['tokens', { maxTokens: 450 }, 'what is left of the budget of 450 tokens is too little'],
    [
      'money',
      { maxCostUsd: 0.45, prices: { inputUsdPerMillion: 1000, outputUsdPerMillion: 1000 } },
      'what is left of the budget of 0.45 US dollars is too little',
    ],
  ])('of %s is checked before each call; then the rule answers', async (_, llmBudget, why) => {
    const session = fakeSession({ llm: picking(usage), llmBudget });
    expect(await asked(session, 0)).toEqual({ pick: 'b' });
    expect(await asked(session, 1)).toEqual({ pick: 'b' });
    expect(await asked(session, 2)).toEqual({ pick: 'a' });
    expect(lastDecision(session)).toMatchObject({ by: 'rule', fallback: `the model could not answer: ${why}` });
    expect(calls(session)).toHaveLength(4);
    expect(session.ledger.spent).toMatchObject({ calls: 2, inputTokens: 200, outputTokens: 20 });

    // Killed and resumed: what was paid stays paid.
    const resumed = fakeSession({ store: fakeStore(session.store.bodies), llm: picking(usage), llmBudget });
    expect(await asked(resumed, 3)).toEqual({ pick: 'a' });
    expect(calls(resumed)).toEqual([]);
  });

  it('leaves replies no more tokens than there are', async () => {
    const most: (number | undefined)[] = [];
    const llm: LanguageModel = {
      ...picking(),
      generate: async ({ maxOutputTokens }) => {
        most.push(maxOutputTokens);
        return { text: '{"pick":"b"}', usage };
      },
    };
    await asked(fakeSession({ llm, llmBudget: { maxTokens: 1000 } }));
    await asked(fakeSession({ llm }));
    expect(most[0]).toBeGreaterThan(500);
    expect(most[0]).toBeLessThan(1000);
    expect(most[1]).toBeUndefined();
  });

  it('knows no price that it was not told, and counts tokens from a cache at theirs', async () => {
    const told = { inputTokens: 1_000_000, outputTokens: 100_000, cachedInputTokens: 600_000 };
    const unpriced = fakeSession({ llm: picking(told) });
    await asked(unpriced);
    expect(calls(unpriced)[1]).not.toHaveProperty('costUsd');
    expect(unpriced.ledger.spent).not.toHaveProperty('costUsd');
    const prices = { inputUsdPerMillion: 2, outputUsdPerMillion: 10, cachedInputUsdPerMillion: 0.5 };
    const priced = fakeSession({ llm: picking(told), llmBudget: { prices } });
    await asked(priced);
    expect(calls(priced)[1]?.costUsd).toBeCloseTo(0.4 * 2 + 0.6 * 0.5 + 1, 10);
    expect(calls(priced)[1]?.total).toMatchObject({ calls: 1, ...told });
  });

  it('reckons tokens where nobody counted them, and takes no nonsense for a count', async () => {
    for (const told of [undefined, { inputTokens: -5, outputTokens: Number.NaN }, 'many' as never]) {
      const session = fakeSession({ llm: picking(told) });
      await asked(session);
      expect(session.ledger.spent).toMatchObject({ calls: 1, isEstimated: true });
      expect(session.ledger.spent.inputTokens).toBeGreaterThan(100);
      expect(calls(session)[1]).not.toHaveProperty('usage');
    }
  });

  it('takes no nonsense for what else a reply tells', async () => {
    const circle: Record<string, unknown> = { valueOf: () => 5 };
    circle.self = circle;
    for (const extra of [
      { retries: circle, model: circle },
      { retries: -1, model: 5 },
      { retries: 1.5, model: 'x'.repeat(1e6) },
    ]) {
      const session = fakeSession({ llm: picking(usage, extra as never) });
      expect(await asked(session)).toEqual({ pick: 'b' });
      expect(calls(session)[1]).not.toHaveProperty('retries');
      expect(JSON.stringify(session.store.bodies).length).toBeLessThan(5000);
    }
  });

  it('counts what failed tries took', async () => {
    const error = new TrainerError('LLM_REFUSED', 'No.', { details: { usage, retries: 2 } });
    const session = fakeSession({ llm: scriptedModel([error]) });
    expect(await asked(session)).toEqual({ pick: 'a' });
    expect(session.ledger.spent).toEqual({ calls: 1, ...usage });
    expect(calls(session)[1]).toMatchObject({ phase: 'error', usage, retries: 2 });
  });

  it.each<[object, RegExp]>([
    [{ maxCalls: -1 }, /maxCalls/],
    [{ maxTokens: 1.5 }, /maxTokens/],
    [{ maxCostUsd: 5 }, /prices with maxCostUsd/],
    [{ prices: { inputUsdPerMillion: Number.NaN, outputUsdPerMillion: 1 } }, /inputUsdPerMillion/],
  ])('is refused at the door where it is none: %j', (budget, message) => {
    expect(() => checkLlmBudget(budget)).toThrow(message);
    expect(() => new Trainer({ llmBudget: budget })).toThrow(message);
  });
});

describe('a model that keeps failing', () => {
  it('is asked nothing more after three failures in a row, and after one where the key is wrong', async () => {
    const failing = new Error('busy');
    const session = fakeSession({ llm: scriptedModel([failing, failing, { pick: 'b' }, failing, failing, failing]) });
    for (let i = 0; i < 8; i++) await asked(session, i);
    expect(session.ledger.spent.calls).toBe(6);
    expect(lastDecision(session)?.fallback).toContain('it failed too often');
    const locked = fakeSession({ llm: scriptedModel([new TrainerError('LLM_AUTH', 'No.')]) });
    for (let i = 0; i < 3; i++) await asked(locked, i);
    expect(locked.ledger.spent).toEqual({ calls: 1, inputTokens: 0, outputTokens: 0 });
  });

  it('has its words kept on one line, without keys, and few of them', async () => {
    const said = `Bad key sk-live-0123456789abcdef of joe@mail.example\n\u001b[31m${'x'.repeat(100_000)}`;
    for (const error of [new Error(said), new TrainerError('LLM_FAILED', said), said]) {
      const llm: LanguageModel = { ...picking(), generate: () => Promise.reject(error) };
      const session = fakeSession({ llm });
      await asked(session);
      const kept = JSON.stringify([session.events, session.store.bodies]);
      expect(kept).toContain('Bad key [key] of [e-mail]');
      expect(kept).not.toMatch(/0123456789|joe@mail|\\u001b|x{600}/);
      expect(lastDecision(session)?.fallback?.length).toBeLessThan(600);
    }
  });

  it.each(['PEER_MISSING', 'LLM_CASSETTE'] as const)('ends the run where the host made a mistake: %s', async (code) => {
    const session = fakeSession({ llm: scriptedModel([new TrainerError(code, 'Type: npm install openai')]) });
    await expect(asked(session)).rejects.toMatchObject({ code });
  });

  it('is not read where its reply is endless, and the journal keeps none of it', async () => {
    const session = fakeSession({ llm: scriptedModel(['x'.repeat(1_000_000)]) });
    expect(await asked(session)).toEqual({ pick: 'a' });
    expect(JSON.stringify(session.store.bodies).length).toBeLessThan(10_000);
  });
});

describe('a decider of llm.call', () => {
  const deciding = (...list: unknown[]) => ({ 'llm.call': list as never });

  it('sees what is about to leave, and may let it', async () => {
    let seen: unknown;
    const session = fakeSession({
      llm: picking(),
      deciders: deciding((proposal: unknown) => {
        seen = proposal;
        return accept();
      }),
    });
    expect(await asked(session)).toEqual({ pick: 'b' });
    expect(seen).toMatchObject({
      question: 'llm.call',
      proposal: { system: 'You are the model agent.', prompt: expect.stringContaining('Which one.') },
      facts: { question: 'test.pick', model: 'picker' },
    });
  });

  it('may replace it: that is told, sent and recorded, and a resumed run does not send it again', async () => {
    const llm = scriptedModel([{ pick: 'b' }]);
    const deciders = deciding(() => replace({ system: 'Be brief.', prompt: 'a or b?' }));
    const session = fakeSession({ llm, deciders, store: fakeStore([], 1) });
    await expect(asked(session)).rejects.toThrow(); // dies before the decision
    expect(llm.calls).toMatchObject([{ system: 'Be brief.', prompt: 'a or b?' }]);
    expect(calls(session)[0]).toMatchObject({ phase: 'request', system: 'Be brief.', outbound: 'a or b?' });
    const resumed = fakeSession({ llm: scriptedModel([]), deciders, store: fakeStore(session.store.bodies) });
    expect(await asked(resumed)).toEqual({ pick: 'b' });
  });

  it('sees the schema and the tools that leave beside the texts; what it does not pass on does not leave', async () => {
    const look = {
      name: 'look',
      about: 'Looks.',
      input: () => z.strictObject({ name: z.enum(['a', 'b']) }),
      run: () => 1,
    };
    const tooled = defineQuestion({ ...question, tools: ['look'] });
    const view = { message: () => undefined, blobJson: () => Promise.reject(new Error('no blobs here')) };
    const sent = async (decider: unknown) => {
      const llm = scriptedModel(['{"pick":"b"}'], { structuredOutput: 'native', tools: true });
      const session = fakeSession({ llm, deciders: deciding(decider), tools: [look] });
      expect(await ask(session, at(), 'model', tooled, names, view)).toEqual({ pick: 'b' });
      const { phase: _, ...told } = calls(session)[0]!;
      return { call: llm.calls[0]!, told };
    };
    let seen: object = {};
    const whole = await sent(({ proposal }: { readonly proposal: object }) => {
      seen = proposal;
      return replace({ ...proposal, prompt: 'Which one? a or b' });
    });
    expect(seen).toMatchObject({ schema: { properties: { pick: {} } }, tools: [{ name: 'look' }] });
    for (const { schema, tools } of [whole.call, whole.told]) {
      expect(JSON.stringify(schema)).toContain('"pick"');
      expect(tools).toMatchObject([{ name: 'look' }]);
    }
    const bare = await sent(() => replace({ system: '', prompt: 'Which one? A column or the other?' }));
    expect(bare.call).toMatchObject({ system: '', prompt: 'Which one? A column or the other?', schema: {} });
    expect(bare.call.tools).toBeUndefined();
    expect(bare.told).not.toHaveProperty('schema');
    expect(JSON.stringify([bare.call, bare.told])).not.toContain('"a"');
  });

  it('can not spend more than there is by what it puts in its place', async () => {
    const most: (number | undefined)[] = [];
    const llm: LanguageModel = {
      ...picking(),
      generate: async ({ maxOutputTokens }) => {
        most.push(maxOutputTokens);
        return { text: '{"pick":"b"}' };
      },
    };
    const prices = { inputUsdPerMillion: 1, outputUsdPerMillion: 1 };
    for (const llmBudget of [{ maxTokens: 2000 }, { maxCostUsd: 0.002, prices }]) {
      const long = deciding(() => replace({ system: '', prompt: 'x'.repeat(6000) }));
      const session = fakeSession({ llm, llmBudget, deciders: long });
      expect(await asked(session)).toEqual({ pick: 'a' });
      expect(lastDecision(session)?.fallback).toMatch(/what is left of the budget of .* is too little/);
      expect(session.ledger.spent.calls).toBe(0);
      const short = deciding(() => replace({ system: '', prompt: 'x'.repeat(3000) }));
      const other = fakeSession({ llm, llmBudget, deciders: short });
      expect(await asked(other)).toEqual({ pick: 'b' });
      // A reply has what the longer text leaves, and where nobody counts, the longer text is what is charged.
      expect(most.at(-1)).toBeLessThan(1000);
      expect(other.ledger.spent.inputTokens).toBeGreaterThan(1000);
    }
    expect(most).toHaveLength(2);
  });

  it('may veto it: nothing leaves, nothing is counted, the rule answers', async () => {
    const llm = scriptedModel([]);
    const session = fakeSession({ llm, deciders: deciding(() => replace({ veto: 'names of people' })) });
    expect(await asked(session)).toEqual({ pick: 'a' });
    expect(lastDecision(session)?.fallback).toBe(
      'the model could not answer: the host let nothing leave: names of people',
    );
    expect(calls(session)).toEqual([]);
    expect(session.ledger.spent.calls).toBe(0);
    llm.assertComplete();
  });

  it.each<[string, () => unknown, object]>([
    ['pauses', () => pause('Ask legal.'), { status: 'paused', why: 'Ask legal.' }],
    ['stops', () => stop('Never.'), { status: 'declined' }],
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      { status: 'paused', code: 'DECIDER_FAILED' },
    ],
    ['retries', () => retry('again'), { status: 'paused', code: 'DECIDER_FAILED' }],
    ['replaces by nonsense', () => replace(5), { status: 'paused', code: 'DECIDER_FAILED' }],
  ])('that %s lets nothing leave', async (_, decider, end) => {
    const llm = scriptedModel([]);
    const session = fakeSession({ llm, deciders: deciding(decider) });
    const halt = await rejection(asked(session));
    expect(halt).toBeInstanceOf(Halt);
    expect((halt as Halt).end).toMatchObject(end);
    llm.assertComplete();
  });

  it('is typed by the trainer', () => {
    const trainer = new Trainer({ llm: limited(cached(fallback([picking()]), new Map()), { concurrency: 1 }) });
    trainer.decide('llm.call', ({ proposal }) =>
      'veto' in proposal ? accept() : replace({ ...proposal, prompt: '' }),
    );
    // @ts-expect-error no such form
    trainer.decide('llm.call', () => replace({ text: '' }));
  });
});

describe('what leaves', () => {
  const leveled = defineQuestion({
    ...question,
    prompt: {
      about: 'Which one.',
      facts: [
        { name: 'mail', value: () => 'a@b.example' },
        { name: 'pick', value: () => 'jane@mail.example' },
        { name: 'counts', level: 'aggregates', value: () => ({ a: 10 }) },
        { name: 'cells', level: 'samples', value: () => ['blue', 'x@y.example'] },
      ],
    },
  });
  const shownAt: Readonly<Record<Privacy, object>> = {
    'schema-only': {},
    aggregates: { counts: { a: 10 } },
    samples: { counts: { a: 10 }, cells: ['blue', '[e-mail]'] },
  };

  it.each<Privacy>(['schema-only', 'aggregates', 'samples'])(
    'is what the question shows at %s, redacted but for names',
    async (privacy) => {
      const llm = scriptedModel([{ pick: 'jane@mail.example' }]);
      const session = fakeSession({ llm, privacy });
      await ask(session, at(), 'model', leveled, ['a', 'jane@mail.example']);
      const facts = llm.calls[0]!.prompt.split('\n')[3]!;
      // An answer has to repeat a name to the letter, so names stay.
      expect(JSON.parse(facts)).toEqual({ mail: '[e-mail]', pick: 'jane@mail.example', ...shownAt[privacy] });
      expect(session.store.bodies.at(-1)).toMatchObject({ facts: { note: 'call jane@mail.example' } });
    },
  );

  it('may ask for less than what a host may answer, and holds a model to that', async () => {
    const narrow = defineQuestion({
      ...question,
      prompt: { about: 'Which one.', facts: [], answer: () => z.strictObject({ pick: z.literal('a') }) },
    });
    const llm = scriptedModel([{ pick: 'b' }, { pick: 'a' }]);
    const session = fakeSession({ llm });
    expect(await ask(session, at(), 'model', narrow, ['c', 'b', 'a'])).toEqual({ pick: 'a' });
    llm.assertComplete();
    expect(llm.calls[0]!.schema).toMatchObject({ properties: { pick: { const: 'a' } } });
    expect(llm.calls[1]!.prompt).toContain('- pick: Invalid input: expected "a" Received: "b"');
    expect(lastDecision(session)).toMatchObject({ by: 'llm' });
    const given = fakeSession({ given: { 'test.pick': { pick: 'b' } } });
    expect(await ask(given, at(), 'model', narrow, ['c', 'b', 'a'])).toEqual({ pick: 'b' });
  });

  it('is redacted where a question has no prompt of its own', async () => {
    const llm = scriptedModel([{ pick: 'a' }]);
    await asked(fakeSession({ llm }));
    expect(llm.calls[0]!.prompt).toContain('"note":"call [e-mail]"');
  });

  it('is refused at the door where there is no such level', () => {
    expect(() => new Trainer({ privacy: 'everything' as never })).toThrow(/Expected privacy to be one of/);
  });

  it('merges counts from which a row could be told', () => {
    expect(mergeSmallCounts({ a: 100, b: 12, c: 9, d: 3 })).toEqual({ a: 100, b: 12, other: 12 });
    expect(mergeSmallCounts({ a: 100, b: 12, c: 3 })).toEqual({ a: 100, other: 15 });
    expect(mergeSmallCounts({ a: 3 })).toEqual({ other: 3 });
    expect(mergeSmallCounts({ a: 10 })).toEqual({ a: 10 });
    expect(mergeSmallCounts({ other: 50, a: 9, b: 3 })).toEqual({ other: 62 });
  });

  it('shows at most 20 cells, redacted and cut', () => {
    const cells = sampleCells([
      'x@y.example',
      null,
      5,
      'long '.repeat(100),
      ...Array.from({ length: 50 }, (_, i) => i),
    ]);
    expect(cells).toHaveLength(20);
    expect(cells.slice(0, 2)).toEqual(['[e-mail]', '5']);
    expect(cells[2]).toHaveLength(200);
  });
});
