import { describe, expect, it } from 'vitest';
import { TrainerError } from '../../src/core/errors.ts';
import { cached } from '../../src/llm/cached.ts';
import { fallback } from '../../src/llm/fallback.ts';
import type { LanguageModel, ModelReply, ModelRequest } from '../../src/llm/language-model.ts';
import { limited } from '../../src/llm/limited.ts';
import { later, scriptedModel } from '../../src/testing/index.ts';

const asked = (prompt = 'Which?', signal = new AbortController().signal): ModelRequest => ({
  system: 's',
  prompt,
  schema: { type: 'string' },
  signal,
});

/** A model of a name that does this. */
const model = (name: string, generate: () => ModelReply | Promise<ModelReply>, native = true): LanguageModel => ({
  name,
  capabilities: { structuredOutput: native ? 'native' : 'none' },
  generate: async () => generate(),
});
const failing =
  (code: 'LLM_UNAVAILABLE' | 'PEER_MISSING', details = {}) =>
  () => {
    throw new TrainerError(code, 'No.', { details });
  };

describe('a fallback', () => {
  it('asks the next where one fails, names who answered, and counts the tokens of all', async () => {
    const llm = fallback([
      model('a', failing('LLM_UNAVAILABLE', { usage: { inputTokens: 5, outputTokens: 0 }, retries: 2 })),
      model('b', () => ({ text: 'yes', usage: { inputTokens: 7, outputTokens: 1 } })),
      model('c', () => expect.unreachable()),
    ]);
    expect(llm.name).toBe('a or b or c');
    expect(await llm.generate(asked())).toEqual({
      text: 'yes',
      model: 'b',
      retries: 3,
      usage: { inputTokens: 12, outputTokens: 1 },
    });
  });

  it('fails as the last one fails', async () => {
    const usage = { inputTokens: 5, outputTokens: 0 };
    const llm = fallback([model('a', failing('LLM_UNAVAILABLE', { usage })), model('b', failing('LLM_UNAVAILABLE'))]);
    await expect(llm.generate(asked())).rejects.toMatchObject({
      code: 'LLM_UNAVAILABLE',
      details: { usage, retries: 1 },
    });
  });

  it('does not hide that a package is missing', async () => {
    const llm = fallback([model('a', failing('PEER_MISSING')), model('b', () => ({ text: 'yes' }))]);
    await expect(llm.generate(asked())).rejects.toMatchObject({ code: 'PEER_MISSING' });
  });

  it('promises what all of its models can', () => {
    const yes = () => ({ text: '1' });
    expect(fallback([model('a', yes), model('b', yes)]).capabilities.structuredOutput).toBe('native');
    expect(fallback([model('a', yes), model('b', yes, false)]).capabilities.structuredOutput).toBe('none');
    expect(() => fallback([])).toThrow('Expected at least one model');
  });

  it('goes to no other model once it is aborted', async () => {
    const controller = new AbortController();
    const llm = fallback([
      model('a', () => {
        controller.abort(new Error('enough'));
        throw new Error('cut');
      }),
      model('b', () => expect.unreachable()),
    ]);
    await expect(llm.generate(asked('x', controller.signal))).rejects.toThrow('enough');
  });
});

describe('a cached model', () => {
  it('is asked the same thing once, and a kept reply takes no tokens', async () => {
    const inner = scriptedModel(['one', 'two']);
    const llm = cached(inner, new Map());
    expect((await llm.generate(asked('a'))).text).toBe('one');
    expect(await llm.generate(asked('a'))).toEqual({ text: 'one', usage: { inputTokens: 0, outputTokens: 0 } });
    expect((await llm.generate(asked('b'))).text).toBe('two');
    inner.assertComplete();
  });

  it('keeps no error, and goes on without a store that fails', async () => {
    const inner = scriptedModel([new Error('busy'), 'one']);
    const llm = cached(inner, {
      get: () => Promise.reject(new Error('disk')),
      set: () => {
        throw new Error('disk');
      },
    });
    await expect(llm.generate(asked())).rejects.toThrow('busy');
    expect((await llm.generate(asked())).text).toBe('one');
  });
});

describe('a limited model', () => {
  it('is called by so many at once, and in order', async () => {
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const inner: LanguageModel = {
      ...model('a', () => ({ text: '' })),
      async generate({ prompt }) {
        most = Math.max(most, ++running);
        order.push(prompt);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return { text: prompt };
      },
    };
    const llm = limited(inner, { concurrency: 2 });
    const prompts = ['1', '2', '3', '4', '5', '6'];
    const replies = await Promise.all(prompts.map((prompt) => llm.generate(asked(prompt))));
    expect(replies.map(({ text }) => text)).toEqual(prompts);
    expect(order).toEqual(prompts);
    expect(most).toBe(2);
  });

  it('begins so many calls a minute', async () => {
    let time = 0;
    const begun: number[] = [];
    const llm = limited(
      model('a', () => {
        begun.push(time);
        return { text: '' };
      }),
      {
        requestsPerMinute: 2,
        now: () => time,
        sleep: async (milliseconds) => {
          time += milliseconds;
        },
      },
    );
    for (let i = 0; i < 5; i++) await llm.generate(asked());
    expect(begun).toEqual([0, 0, 60_000, 60_000, 120_000]);
  });

  it('lets the next go on where a call fails or is aborted while it waits', async () => {
    const inner = scriptedModel([later(20, new Error('no')), 'two', 'three']);
    const llm = limited(inner, { concurrency: 1 });
    const controller = new AbortController();
    const first = llm.generate(asked('1'));
    const second = llm.generate(asked('2', controller.signal));
    const third = llm.generate(asked('3'));
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await expect(first).rejects.toThrow('no');
    expect((await third).text).toBe('two');
    expect(inner.calls.map(({ prompt }) => prompt)).toEqual(['1', '3']);
  });

  it.each([{ concurrency: 0 }, { requestsPerMinute: 1.5 }])('refuses %j', (options) => {
    expect(() => limited(scriptedModel([]), options)).toThrow(/Expected .* whole number of at least 1/);
  });
});
