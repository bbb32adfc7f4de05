import { afterAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ask } from '../../src/core/ask.ts';
import type { TrainerError } from '../../src/core/errors.ts';
import { defineQuestion } from '../../src/core/question.ts';
import type { Tool } from '../../src/core/tool.ts';
import { extractJson } from '../../src/llm/extract-json.ts';
import type { LanguageModel, ModelRequest } from '../../src/llm/language-model.ts';
import { llamaCpp } from '../../src/llm/llama-cpp.ts';
import { languageModelConformance } from '../../src/testing/index.ts';
import { fakeSession } from '../core/fake-session.ts';
import { smolLm2 } from './smollm2.ts';

const model = llamaCpp({ file: smolLm2 });
afterAll(() => model[Symbol.asyncDispose]());

const asked = (prompt: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'You choose.',
  prompt,
  schema: {
    type: 'object',
    properties: {
      metric: { enum: ['rmse', 'mae', 'größe'] },
      threshold: { type: 'number' },
      by: { anyOf: [{ type: 'array', items: { type: 'boolean' }, minItems: 2, maxItems: 3 }, { type: 'null' }] },
      values: { type: 'object', additionalProperties: { type: ['number', 'boolean'] } },
    },
    required: ['metric', 'by', 'values'],
    additionalProperties: false,
  },
  signal: new AbortController().signal,
  ...more,
});
const long = `Rows: ${'name x, kind number, mean 3.5; '.repeat(16)}`;

describe('a GGUF file in the process', () => {
  it.each(languageModelConformance(model))('$name', ({ run }) => run());

  it('is held to what a schema can say: words of a list, optional parts, branches, lengths, records', async () => {
    const { text } = await model.generate(asked('Which metric?'));
    const value = JSON.parse(text) as Record<string, unknown>;
    expect(['rmse', 'mae', 'größe']).toContain(value.metric);
    expect(value.threshold === undefined || typeof value.threshold === 'number').toBe(true);
    const { by } = value as { by: boolean[] | null };
    expect(by === null || (by.length >= 2 && by.length <= 3 && by.every((one) => typeof one === 'boolean'))).toBe(true);
    expect(Object.values(value.values as object).every((one) => ['number', 'boolean'].includes(typeof one))).toBe(true);
  });

  it('answers in JSON where a schema has no grammar', async () => {
    const schema = { $ref: '#/$defs/a', $defs: { a: { type: 'object' } } };
    const { text } = await model
      .generate(asked('Give {"a": 1}.', { schema, maxOutputTokens: 200 }))
      .catch((error: TrainerError) => {
        expect(error.code).toBe('LLM_REPLY_TOO_LONG'); // so small a model may not come to an end
        return { text: '{}' };
      });
    expect(typeof JSON.parse(text)).toBe('object');
  });

  it('computes what questions have in common once, and answers as if it had not', async () => {
    const first = await model.generate(asked(`${long} Which metric?`));
    const other = await model.generate(asked(`${long} Which measure?`));
    const again = await model.generate(asked(`${long} Which metric?`));
    expect(other.usage?.cachedInputTokens).toBeGreaterThanOrEqual(128);
    expect(again.text).toBe(first.text);
    expect(again.usage?.cachedInputTokens).toBeGreaterThanOrEqual(128);
    const third = await model.generate(asked(`${long} Which metric?`));
    expect(third.usage?.cachedInputTokens).toBe(again.usage?.cachedInputTokens);
    await model.generate(asked('Something else.', { system: 'Another agent.' }));
    const cold = await model.generate(asked(`${long} Which metric?`));
    expect(cold.usage?.cachedInputTokens).toBe(0);
    expect(cold.text).toBe(first.text);
    expect(cold.usage?.inputTokens).toBe(first.usage?.inputTokens);
  });

  it('calls a tool in the form of its answer, and then answers', async () => {
    const size: Tool<{ readonly name: string; readonly digits?: number | undefined }> = {
      name: 'size',
      about: 'Tells the size of one.',
      input: () => z.strictObject({ name: z.enum(['small', 'large']), digits: z.int().min(0).max(9).optional() }),
      run: ({ name }) => ({ name, size: name === 'large' ? 9 : 1 }),
    };
    const question = defineQuestion({
      id: 'test.pick',
      about: 'Which one is larger.',
      language: 'always',
      tools: ['size'],
      maxToolCalls: 1,
      facts: (names: readonly string[]) => ({ names: [...names] }),
      answer: (names) => z.strictObject({ pick: z.enum(names as [string]) }),
      rule: ([first]) => ({ answer: { pick: first! }, why: 'It is the first.' }),
    });
    const said: unknown[] = [];
    const forms: number[] = [];
    // So small a model answers at once where it may: the first reply may be a call alone.
    const looking: LanguageModel = {
      ...model,
      async generate(request) {
        const { anyOf = [] } = request.schema as { readonly anyOf?: readonly ModelRequest['schema'][] };
        forms.push(anyOf.length);
        const reply = await model.generate(anyOf.length === 0 ? request : { ...request, schema: anyOf.at(-1)! });
        said.push(extractJson(reply.text));
        return reply;
      },
    };
    const session = fakeSession({ llm: looking, tools: [size] });
    const at = { stage: 's', visit: 1, name: 'test.pick', ordinal: 0 };
    const look = { message: () => undefined, blobJson: () => Promise.reject(new Error('no blobs here')) };
    const { pick } = await ask(session, at, 'model', question, ['small', 'large'], look);
    expect(forms).toEqual([2, 0]);
    expect(said).toEqual([{ tool: 'size', input: expect.objectContaining({ name: expect.any(String) }) }, { pick }]);
    expect(session.events.filter(({ type }) => type === 'tool-call')).toHaveLength(2);
    expect(session.events.at(-1)).toMatchObject({ type: 'decision', by: 'llm' });
    // Of its own accord, it answers or calls: the grammar knows both forms and no other.
    const free = fakeSession({ llm: model, tools: [size] });
    expect(['small', 'large']).toContain((await ask(free, at, 'model', question, ['small', 'large'], look)).pick);
    expect(free.events.at(-1)).toMatchObject({ type: 'decision', by: 'llm' });
  });

  it('says so where a question is longer than its context', async () => {
    await using small = llamaCpp({ file: smolLm2, contextSize: 128 });
    // The runtime rounds a context up to 256.
    await expect(small.generate(asked(long.repeat(3)))).rejects.toMatchObject({ code: 'LLM_CONTEXT_TOO_LONG' });
    expect(JSON.parse((await small.generate(asked('Which?'))).text)).toHaveProperty('metric');
  });

  it('stops at its limits, of tokens and of time', async () => {
    await expect(model.generate(asked('Which?', { maxOutputTokens: 3 }))).rejects.toMatchObject({
      code: 'LLM_REPLY_TOO_LONG',
      details: { usage: { outputTokens: 3 } },
    });
    await using slow = llamaCpp({ file: smolLm2, totalTimeoutMs: 1 });
    await expect(slow.generate(asked('Which?'))).rejects.toMatchObject({ code: 'LLM_TIMEOUT' });
  });

  it('stops where it is aborted, in its turn and before it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const calls = [1, 2].map((n) => model.generate(asked(`${long} ${n}`, { signal: controller.signal })));
    setTimeout(() => controller.abort(reason), 50);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    expect((await model.generate(asked('Which?'))).text).toContain('metric');
  });

  it('answers nothing when it was disposed of', async () => {
    const gone = llamaCpp({ file: smolLm2 });
    await gone.generate(asked('Which?'));
    await gone[Symbol.asyncDispose]();
    await expect(gone.generate(asked('Which?'))).rejects.toMatchObject({ code: 'LLM_UNAVAILABLE' });
  });
});

it('the example lets a file decide', async () => {
  const { argv } = process;
  const home = process.cwd();
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  process.argv = [argv[0]!, 'llama-cpp', smolLm2];
  process.chdir('examples/data');
  try {
    await import('../../examples/providers/llama-cpp.ts');
    expect(log.mock.calls).toEqual([['complete']]);
  } finally {
    log.mockRestore();
    process.argv = argv;
    process.chdir(home);
  }
}, 600_000);
