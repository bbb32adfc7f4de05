import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../../src/core/ask.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { defineQuestion } from '../../src/core/question.ts';
import type { Tool, ToolContext } from '../../src/core/tool.ts';
import { useTool } from '../../src/core/use-tool.ts';
import { accept, defineAgent, type LanguageModel, retry, Trainer } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';
import { quickRequest } from '../e2e/sample.ts';
import { type FakeSession, fakeSession, fakeStore } from './fake-session.ts';

const question = defineQuestion({
  id: 'test.pick',
  about: 'Which one.',
  language: 'always',
  tools: ['look', 'sleep', 'shout'],
  facts: (names: readonly string[]) => ({ names: [...names] }),
  answer: (names) => z.strictObject({ pick: z.enum(names as [string]) }),
  rule: ([first]) => ({ answer: { pick: first! }, why: 'It is the first.' }),
});
const names = ['a', 'b'];
const at = (ordinal = 0) => ({ stage: 's', visit: 1, name: 'test.pick', ordinal });

/** Tools that count their calls. */
function toolbox() {
  const made: unknown[] = [];
  const look: Tool<{ readonly name: string }> = {
    name: 'look',
    about: 'Tells the size of one.',
    input: () => z.strictObject({ name: z.enum(['a', 'b']) }),
    run(input, { privacy }) {
      made.push(input);
      return { ...input, size: input.name === 'a' ? 1 : 2, privacy, owner: 'jane@mail.example' };
    },
  };
  const sleep: Tool<object> = {
    name: 'sleep',
    about: 'Never ends.',
    input: () => z.strictObject({}),
    run: () => new Promise<never>(() => undefined),
  };
  const shout: Tool<object> = {
    name: 'shout',
    about: 'Tells too much.',
    input: () => z.strictObject({}),
    run: () => 'x'.repeat(50_000),
  };
  const later: Tool<object> = { ...sleep, name: 'later', input: () => undefined };
  return { made, tools: [look, sleep, shout, later] as readonly Tool[] };
}
const view: Pick<ToolContext, 'message' | 'blobJson'> = {
  message: () => undefined,
  blobJson: () => Promise.reject(new Error('no blobs here')),
};
const asked = (session: FakeSession, ordinal = 0, one = question) =>
  ask(session, at(ordinal), 'model', one, names, view);
const toolCalls = (session: FakeSession) =>
  session.events.filter((event): event is RunEvent<'tool-call'> => event.type === 'tool-call');
const decision = (session: FakeSession) =>
  session.events.findLast((event): event is RunEvent<'decision'> => event.type === 'decision');
const lookAt = (name: unknown) => ({ tool: 'look', input: { name } });

describe.each<[string, LanguageModel['capabilities']]>([
  ['by the form of its answer', { structuredOutput: 'none' }],
  ['by the protocol of its provider', { structuredOutput: 'native', tools: true }],
])('a language model that calls tools %s', (_, capabilities) => {
  const script = (replies: readonly unknown[]) => scriptedModel(replies as never, capabilities);

  it('is told what it looked at, in events too, and then answers', async () => {
    const { tools, made } = toolbox();
    const llm = script([lookAt('b'), { pick: 'b' }]);
    const session = fakeSession({ llm, tools, privacy: 'aggregates' });
    expect(await asked(session)).toEqual({ pick: 'b' });
    llm.assertComplete();
    expect(made).toEqual([{ name: 'b' }]);
    expect(llm.calls[0]!.prompt).toContain('at most 3 times');
    expect(llm.calls[0]!.prompt).toContain('look: Tells the size of one. Input: {');
    expect(llm.calls[0]!.prompt).not.toContain('later');
    // What was asked before stays to the letter, so that the provider's cache holds it.
    expect(llm.calls[1]!.prompt.startsWith(llm.calls[0]!.prompt)).toBe(true);
    expect(llm.calls[1]!.prompt).toContain('"name":"b","owner":"[e-mail]","privacy":"aggregates","size":2');
    expect(toolCalls(session)).toMatchObject([
      { phase: 'start', tool: 'look', where: 'host', question: 'test.pick', input: { name: 'b' } },
      { phase: 'end', tool: 'look', seconds: expect.any(Number) },
    ]);
    expect(decision(session)).toMatchObject({ by: 'llm', why: expect.stringContaining('after 1 look at more') });
  });

  it('is shown what was wrong with a call: an unknown tool, a bad input, one that is not allowed', async () => {
    for (const [call, said] of [
      [{ tool: 'rm', input: { path: '/' } }, 'tool: Expected one of look, sleep, shout.'],
      [lookAt('c'), 'input.name: Invalid option'],
      [{ tool: 'look' }, 'input: Invalid input'],
      [{ tool: 'later', input: {} }, 'tool: Expected one of'],
      [{ tool: '__proto__', input: {} }, 'tool: Expected one of'],
    ] as const) {
      const { tools, made } = toolbox();
      const llm = script([call, { pick: 'b' }]);
      const session = fakeSession({ llm, tools });
      expect(await asked(session)).toEqual({ pick: 'b' });
      expect(llm.calls[1]!.prompt).toContain(said);
      expect(made).toEqual([]);
      expect(toolCalls(session)).toEqual([]);
    }
  });

  it('may call three times, then has to answer; who only ever calls is replaced by the rule', async () => {
    const { tools, made } = toolbox();
    const llm = script(Array.from({ length: 20 }, () => lookAt('a')));
    const session = fakeSession({ llm, tools });
    expect(await asked(session)).toEqual({ pick: 'a' });
    expect(made).toHaveLength(3);
    expect(llm.calls).toHaveLength(6); // three looks, an answer that is none, and two repairs
    expect(llm.calls[3]!.prompt).toContain('Answer now: nothing more can be looked at.');
    expect(JSON.stringify(llm.calls[3]!.schema)).not.toContain('"tool"');
    expect(decision(session)).toMatchObject({ by: 'rule', fallback: expect.stringContaining('no valid answer') });
  });

  it('goes on where a tool throws, hangs or tells too much', async () => {
    for (const [tool, said] of [
      ['sleep', 'no word within 20 ms'],
      ['shout', 'more than 12000 bytes'],
    ] as const) {
      const { tools } = toolbox();
      const llm = script([{ tool, input: {} }, { pick: 'b' }]);
      const session = fakeSession({ llm, tools, deciderTimeoutMs: 20 });
      expect(await asked(session)).toEqual({ pick: 'b' });
      expect(llm.calls[1]!.prompt).toContain(said);
      expect(toolCalls(session).at(-1)).toMatchObject({ phase: 'end', error: expect.stringContaining(said) });
    }
  });

  it('is not told what a tool threw: that may hold a path or a cell; the event has it', async () => {
    const { tools } = toolbox();
    const broken: Tool<object> = {
      name: 'look',
      about: 'Fails.',
      input: () => z.strictObject({}),
      run: () => {
        throw new Error("ENOENT: no such file '/home/jane/data.csv', cell 4711");
      },
    };
    const llm = script([{ tool: 'look', input: {} }, { pick: 'b' }]);
    const session = fakeSession({ llm, tools: [broken, ...tools.slice(1)] });
    expect(await asked(session)).toEqual({ pick: 'b' });
    expect(llm.calls[1]!.prompt).toContain('- tool: Expected look to work, but it failed.');
    expect(JSON.stringify(llm.calls)).not.toMatch(/jane|4711|ENOENT/);
    expect(toolCalls(session).at(-1)).toMatchObject({ phase: 'end', error: expect.stringContaining('cell 4711') });
  });

  it('is told anew what it looks at after a remark of the host, and at the next question', async () => {
    const { tools, made } = toolbox();
    const llm = script([{ pick: 'a' }, lookAt('a'), { pick: 'b' }, lookAt('a'), { pick: 'b' }]);
    const deciders = {
      'test.pick': [
        ({ proposal }: { readonly proposal: unknown }) =>
          (proposal as { pick: string }).pick === 'a' ? retry('Look.') : accept(),
      ] as never,
    };
    const session = fakeSession({ llm, tools, deciders });
    expect(await asked(session, 0)).toEqual({ pick: 'b' });
    expect(await asked(session, 1)).toEqual({ pick: 'b' });
    llm.assertComplete();
    expect(made).toHaveLength(2);
    expect(toolCalls(session).map(({ question: id }) => id)).toEqual(Array(4).fill('test.pick'));
  });

  it('makes no second call where the run is resumed', async () => {
    const first = toolbox();
    const session = fakeSession({
      llm: script([lookAt('b'), { pick: 'b' }]),
      tools: first.tools,
      store: fakeStore([], 3), // dies before the decision
    });
    await expect(asked(session)).rejects.toThrow();
    const second = toolbox();
    const resumed = fakeSession({ llm: script([]), tools: second.tools, store: fakeStore(session.store.bodies) });
    expect(await asked(resumed)).toEqual({ pick: 'b' });
    expect(first.made).toHaveLength(1);
    expect(second.made).toEqual([]);
    expect(toolCalls(resumed)).toEqual([]);
  });

  it('keeps within the budget of calls', async () => {
    const { tools } = toolbox();
    const llm = script([lookAt('a'), lookAt('b'), { pick: 'b' }]);
    const session = fakeSession({ llm, tools, llmBudget: { maxCalls: 2 } });
    expect(await asked(session)).toEqual({ pick: 'a' });
    expect(decision(session)?.fallback).toContain('the budget of 2 calls is spent');
  });
});

describe('tools of a question', () => {
  it('are given to a provider that has calls of its own, and else are a form of the answer', async () => {
    const { tools } = toolbox();
    const native = scriptedModel([{ pick: 'a' }], { structuredOutput: 'native', tools: true });
    await asked(fakeSession({ llm: native, tools }));
    expect(JSON.stringify(native.calls[0]!.schema)).not.toContain('"tool"');
    expect(native.calls[0]!.tools?.map(({ name }) => name)).toEqual(['look', 'sleep', 'shout']);
    const plain = scriptedModel([{ pick: 'a' }]);
    await asked(fakeSession({ llm: plain, tools }));
    expect(plain.calls[0]!.tools).toBeUndefined();
    expect(plain.calls[0]!.schema).toMatchObject({
      anyOf: [{}, { properties: { tool: { const: 'look' } } }, {}, {}],
    });
  });

  it('are none where the question names none', async () => {
    const { tools } = toolbox();
    const { tools: _, ...bare } = question;
    const llm = scriptedModel([lookAt('a'), { pick: 'b' }]);
    expect(await asked(fakeSession({ llm, tools }), 0, bare as typeof question)).toEqual({ pick: 'b' });
    expect(llm.calls[0]!.prompt).not.toContain('look');
  });

  it('have to be tools of the agent that asks', async () => {
    const agent = defineAgent({ name: 'odd', profile: '', questions: [question], tools: toolbox().tools.slice(0, 1) });
    await expect(new Trainer({ agents: [agent] }).run(quickRequest()).result).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'Expected the tools of question "test.pick" to be tools of agent "odd" (look), got "sleep".',
    });
  });

  it('have names that every provider takes', async () => {
    const dotted = { ...toolbox().tools[0]!, name: 'look.up' };
    const agent = defineAgent({
      name: 'odd',
      profile: '',
      questions: [{ ...question, tools: ['look.up'] }],
      tools: [dotted],
    });
    await expect(new Trainer({ agents: [agent] }).run(quickRequest()).result).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('got "look.up" of agent "odd"'),
    });
  });

  it('are the same thing that code calls', async () => {
    const [look, , , later] = toolbox().tools;
    const context: ToolContext = { ...view, privacy: 'aggregates', signal: new AbortController().signal };
    expect(await useTool(look!, { name: 'b' }, context)).toMatchObject({ name: 'b', size: 2, privacy: 'aggregates' });
    await expect(useTool(look!, { name: 'c' }, context)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('Expected tool "look" to be called with its input'),
    });
    await expect(useTool(later!, {}, context)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('Expected tool "later" to have something to look at'),
    });
  });
});
