import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, LoadAPIKeyError, NoSuchModelError } from '@ai-sdk/provider';
import { MockLanguageModelV3, simulateReadableStream } from 'ai/test';
import { createOpenAICompatible as createV2 } from 'openai-compatible-1';
import { createOpenAICompatible as createV4 } from 'openai-compatible-3';
import { describe, expect, it } from 'vitest';
import { type AiSdkLanguageModel, type AiSdkOptions, aiSdk } from '../../src/llm/ai-sdk.ts';
import type { ModelRequest } from '../../src/llm/language-model.ts';

const asked = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  system: 'You choose.',
  prompt: 'Which?',
  schema: { type: 'object', properties: { metric: { enum: ['rmse', 'mae'] } }, required: ['metric'] },
  signal: new AbortController().signal,
  ...more,
});
const fast = { sleep: async () => undefined } satisfies AiSdkOptions;
type Stream = Awaited<ReturnType<MockLanguageModelV3['doStream']>>;
type Part = Stream['stream'] extends ReadableStream<infer P> ? P : never;
type Result = Awaited<ReturnType<MockLanguageModelV3['doGenerate']>>;

const usage = {
  inputTokens: { total: 120, noCache: 20, cacheRead: 100, cacheWrite: undefined },
  outputTokens: { total: 7, text: 7, reasoning: undefined },
};
const finish = (unified: Result['finishReason']['unified'], raw: string | undefined = unified): Part => ({
  type: 'finish',
  usage,
  finishReason: { unified, raw },
});
const streaming = (...chunks: Part[]) =>
  new MockLanguageModelV3({
    provider: 'mock.chat',
    modelId: 'm-1',
    doStream: async () => ({
      stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }),
    }),
  });
const whole = (result: Partial<Result>) =>
  new MockLanguageModelV3({
    doGenerate: async () => ({
      content: [{ type: 'text', text: '{"metric":"mae"}' }],
      finishReason: { unified: 'stop', raw: 'stop' },
      usage,
      warnings: [],
      ...result,
    }),
  });
const words = (text: string): Part[] => [
  { type: 'stream-start', warnings: [] },
  { type: 'reasoning-start', id: '0' },
  { type: 'reasoning-delta', id: '0', delta: '{"metric":"rmse"}' },
  { type: 'reasoning-end', id: '0' },
  { type: 'text-start', id: '1' },
  ...(text.match(/.{1,5}/g) ?? []).map((delta): Part => ({ type: 'text-delta', id: '1', delta })),
  { type: 'text-end', id: '1' },
];
const toolParts = (text: string): Part[] => [
  { type: 'tool-input-start', id: 'c1', toolName: 'answer' },
  { type: 'tool-input-delta', id: 'c1', delta: text },
  { type: 'tool-input-end', id: 'c1' },
  { type: 'tool-call', toolCallId: 'c1', toolName: 'answer', input: text },
];

describe('a model of the AI SDK', () => {
  it('is named by its provider, and declares what it can', () => {
    expect(aiSdk(streaming())).toMatchObject({
      name: 'ai-sdk:mock.chat/m-1',
      capabilities: { structuredOutput: 'native' },
    });
    expect(aiSdk(streaming(), { structuredOutput: 'tool' }).capabilities.structuredOutput).toBe('tool');
    const local = { name: 'local', baseURL: 'http://127.0.0.1:9/v1' };
    for (const create of [createV2, createOpenAICompatible, createV4]) {
      expect(aiSdk(create(local).chatModel('m')).capabilities.structuredOutput).toBe('tool');
      const able = create({ ...local, supportsStructuredOutputs: true }).chatModel('m');
      expect(aiSdk(able).capabilities.structuredOutput).toBe('native');
    }
    expect(
      [createV2, createOpenAICompatible, createV4].map((create) => create(local)('m').specificationVersion),
    ).toEqual(['v2', 'v3', 'v4']);
  });

  it.each<[unknown, RegExp]>([
    ['openai/gpt-5-mini', /make a model with a provider/],
    [undefined, /specificationVersion v4, v3 or v2, got undefined/],
    [{ specificationVersion: 'v1' }, /got v1/],
  ])('is not %j', (value, message) => {
    expect(() => aiSdk(value as AiSdkLanguageModel)).toThrow(message);
  });

  it('refuses options that are out of range', () => {
    expect(() => aiSdk(streaming(), { idleTimeoutMs: 0 })).toThrow('idleTimeoutMs of aiSdk()');
  });

  it('is asked for a reply of the schema, and for no more tokens than may be', async () => {
    const model = streaming(...words('{"metric":"mae"}'), finish('stop'));
    const llm = aiSdk(model, { ...fast, temperature: 0, providerOptions: { mock: { effort: 'low' } } });
    const reply = await llm.generate(asked({ maxOutputTokens: 99 }));
    expect(reply).toEqual({
      text: '{"metric":"mae"}', // what it thought is not what it said
      usage: { inputTokens: 120, outputTokens: 7, cachedInputTokens: 100 },
    });
    expect(model.doStreamCalls).toMatchObject([
      {
        prompt: [
          { role: 'system', content: 'You choose.' },
          { role: 'user', content: [{ type: 'text', text: 'Which?' }] },
        ],
        maxOutputTokens: 99,
        temperature: 0,
        providerOptions: { mock: { effort: 'low' } },
        responseFormat: { type: 'json', schema: { additionalProperties: false, required: ['metric'] } },
      },
    ]);
    expect(model.doGenerateCalls).toEqual([]);
  });

  it.each([true, false])('answers by a tool, whatever it says around it (streamed: %s)', async (stream) => {
    const content: Result['content'] = [
      { type: 'text', text: 'I choose {"metric":"rmse"}.' },
      { type: 'tool-call', toolCallId: 'c1', toolName: 'answer', input: '{"metric":"mae"}' },
    ];
    const model = stream
      ? streaming(...words('I choose {"metric":"rmse"}.'), ...toolParts('{"metric":"mae"}'), finish('tool-calls'))
      : whole({ content, finishReason: { unified: 'tool-calls', raw: 'tool_use' } });
    const llm = aiSdk(model, { ...fast, stream, structuredOutput: 'tool' });
    expect((await llm.generate(asked())).text).toBe('{"metric":"mae"}');
    const [call] = stream ? model.doStreamCalls : model.doGenerateCalls;
    expect(call).toMatchObject({ toolChoice: { type: 'tool', toolName: 'answer' }, tools: [{ name: 'answer' }] });
    expect(call).not.toHaveProperty('responseFormat');
  });

  it('leaves the schema to the prompt where it is told to', async () => {
    const model = whole({});
    await aiSdk(model, { ...fast, stream: false, structuredOutput: 'none' }).generate(asked());
    expect(model.doGenerateCalls[0]).not.toHaveProperty('responseFormat');
    expect(model.doGenerateCalls[0]).not.toHaveProperty('tools');
  });

  it.each([
    ['length', 'length', 'LLM_REPLY_TOO_LONG'],
    ['content-filter', 'refusal', 'LLM_CONTENT_FILTER'],
    ['error', 'error', 'LLM_UNAVAILABLE'],
    ['other', undefined, 'LLM_MALFORMED'],
  ] as const)('ends by %s (%s) with %s, and what it took', async (unified, raw, code) => {
    const counted = { usage: { inputTokens: 120, outputTokens: 7, cachedInputTokens: 100 } };
    for (const stream of [true, false]) {
      const reason: Result['finishReason'] = { unified, raw };
      const end: Part = { type: 'finish', usage, finishReason: reason };
      const model = stream ? streaming(...words('{"metric"'), end) : whole({ finishReason: reason });
      const llm = aiSdk(model, { ...fast, stream, maxRetries: 0 });
      await expect(llm.generate(asked())).rejects.toMatchObject({ code, details: counted });
    }
  });

  it('takes a reason that only its provider knows for an end', async () => {
    const llm = aiSdk(streaming(...words('{"metric":"mae"}'), finish('other', 'eos_token')), fast);
    expect((await llm.generate(asked())).text).toBe('{"metric":"mae"}');
  });

  it.each<[string, unknown, string]>([
    ['a text', 'upstream gone', 'LLM_UNAVAILABLE'],
    ['an overload', { type: 'overloaded_error', message: 'Overloaded' }, 'LLM_UNAVAILABLE'],
    ['a limit', { error: { type: 'rate_limit_error', message: 'Slow.' } }, 'LLM_RATE_LIMIT'],
    ['an error', new TypeError('terminated'), 'LLM_UNAVAILABLE'],
  ])('says so where its stream reports %s', async (_, error, code) => {
    const llm = aiSdk(streaming(...words('{"met'), { type: 'error', error }), fast);
    await expect(llm.generate(asked())).rejects.toMatchObject({ code, details: { model: 'ai-sdk:mock.chat/m-1' } });
  });

  it.each<[unknown, string]>([
    [new LoadAPIKeyError({ message: 'OPENAI_API_KEY is missing' }), 'LLM_AUTH'],
    [new NoSuchModelError({ modelId: 'm', modelType: 'languageModel' }), 'LLM_FAILED'],
    [
      new APICallError({
        message: 'no',
        url: 'http://h',
        requestBodyValues: { prompt: 'SECRET-PROMPT' },
        statusCode: 403,
        responseHeaders: { 'x-key': 'SECRET-HEADER' },
        responseBody: '<html>',
      }),
      'LLM_AUTH',
    ],
    [new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }), 'LLM_UNAVAILABLE'],
    [new SyntaxError('odd'), 'LLM_MALFORMED'],
    ['a text', 'LLM_MALFORMED'],
  ])('maps what it throws (%s) to %s', async (thrown, code) => {
    const model = new MockLanguageModelV3({
      doStream: async () => {
        throw thrown;
      },
    });
    const error = await aiSdk(model, fast)
      .generate(asked())
      .catch((caught: Error) => caught);
    expect(error).toMatchObject({ code });
    expect(`${JSON.stringify(error)} ${(error as Error).cause} ${(error as Error).message}`).not.toContain('SECRET');
  });

  it('waits as long as a header of any case asks', async () => {
    const limited = new APICallError({
      message: 'slow',
      url: 'http://h',
      requestBodyValues: {},
      statusCode: 429,
      responseHeaders: { 'Retry-After': '3' },
    });
    const pauses: number[] = [];
    const model = new MockLanguageModelV3({
      doStream: async () => {
        if (model.doStreamCalls.length < 2) throw limited;
        return { stream: simulateReadableStream({ chunks: [...words('"mae"'), finish('stop')] }) };
      },
    });
    const sleep = async (milliseconds: number) => void pauses.push(milliseconds);
    const reply = await aiSdk(model, { sleep, random: () => 0 }).generate(asked());
    expect(reply).toMatchObject({ text: '"mae"', retries: 1 });
    expect(pauses).toEqual([3000]);
  });

  it('is left behind where it does not listen: late, stalled, aborted', async () => {
    const never = new Promise<never>(() => undefined);
    const deaf = (doStream: MockLanguageModelV3['doStream']) => new MockLanguageModelV3({ doStream });
    const late = aiSdk(
      deaf(() => never),
      { ...fast, timeoutMs: 30, maxRetries: 0 },
    );
    await expect(late.generate(asked())).rejects.toMatchObject({ code: 'LLM_TIMEOUT' });
    let isCancelled = false;
    const open = () =>
      new ReadableStream<Part>({
        start: (controller) => controller.enqueue({ type: 'text-delta', id: '1', delta: '{' }),
        cancel: () => {
          isCancelled = true;
        },
      });
    const stalled = deaf(async () => ({ stream: open() }));
    await expect(aiSdk(stalled, { ...fast, idleTimeoutMs: 30 }).generate(asked())).rejects.toThrow('stalled');
    expect(isCancelled).toBe(true);
    expect(stalled.doStreamCalls[0]?.abortSignal?.aborted).toBe(true);
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 20);
    const aborted = aiSdk(
      deaf(async () => ({ stream: open() })),
      fast,
    ).generate(asked({ signal: controller.signal }));
    await expect(aborted).rejects.toBe(reason);
    const deafWhole = new MockLanguageModelV3({ doGenerate: () => never });
    await expect(
      aiSdk(deafWhole, { ...fast, stream: false, totalTimeoutMs: 30, maxRetries: 0 }).generate(asked()),
    ).rejects.toMatchObject({ code: 'LLM_TIMEOUT' });
  });

  it('is stopped where its reply grows past its limit, by words or by the input of a tool', async () => {
    for (const parts of [words('x'.repeat(300)), toolParts('x'.repeat(300)), toolParts('x'.repeat(300)).slice(3)]) {
      const llm = aiSdk(streaming(...parts, finish('stop')), { ...fast, maxReplyCharacters: 200 });
      await expect(llm.generate(asked())).rejects.toMatchObject({ code: 'LLM_REPLY_TOO_LONG' });
    }
  });

  it('is none where it gives neither a stream nor parts', async () => {
    const odd = new MockLanguageModelV3({
      doStream: async () => ({}) as never,
      doGenerate: async () => 'text' as never,
    });
    for (const stream of [true, false])
      await expect(aiSdk(odd, { ...fast, stream }).generate(asked())).rejects.toMatchObject({ code: 'LLM_MALFORMED' });
  });
});
