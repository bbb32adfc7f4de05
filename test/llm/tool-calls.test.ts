import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ask } from '../../src/core/ask.ts';
import { defineQuestion } from '../../src/core/question.ts';
import type { Tool } from '../../src/core/tool.ts';
import { anthropic } from '../../src/llm/anthropic.ts';
import type { LanguageModel, ModelRequest } from '../../src/llm/language-model.ts';
import { openai } from '../../src/llm/openai.ts';
import { fakeSession } from '../core/fake-session.ts';
import { protocols } from './protocols.ts';
import { json, sse, stream, wireServer } from './wire-server.ts';

const request: ModelRequest = {
  system: 'You choose.',
  prompt: 'Which?',
  schema: { type: 'object', properties: { pick: { enum: ['a'] } }, required: ['pick'], additionalProperties: false },
  tools: [
    {
      name: 'look',
      about: 'Tells the size of one.',
      schema: { $schema: 'x', type: 'object', properties: { name: { enum: ['a'] } }, required: ['name'] },
    },
  ],
  signal: new AbortController().signal,
};
const options = { model: 'm-1', apiKey: 'sk-test-0123456789', toolCalls: true, maxRetries: 0 };
const call = '{"tool":"look","input":{"name":"a"}}';
const halves = ['{"na', 'me":"a"}'];

const response = {
  object: 'response',
  status: 'completed',
  output: [{ type: 'function_call', call_id: 'c', name: 'look', arguments: halves.join('') }],
};
const chatCall = { id: 'c', type: 'function', function: { name: 'look', arguments: halves.join('') } };
const block = { type: 'tool_use', id: 't', name: 'look', input: { name: 'a' } };
const message = { type: 'message', role: 'assistant', content: [block], stop_reason: 'tool_use' };

type Case = [
  name: string,
  make: (url: string, isStreamed: boolean) => LanguageModel,
  whole: unknown,
  events: readonly object[],
];

describe('a call of a tool comes back as this library writes it', () => {
  it.each<Case>([
    [
      'OpenAI Responses',
      (url: string, isStreamed: boolean) =>
        openai({ ...options, baseURL: `${url}/v1`, api: 'responses', stream: isStreamed }),
      response,
      [
        { data: { type: 'response.function_call_arguments.delta', delta: halves[0] } },
        { data: { type: 'response.completed', response } },
      ],
    ],
    [
      'Chat Completions',
      (url: string, isStreamed: boolean) => openai({ ...options, baseURL: `${url}/v1`, stream: isStreamed }),
      {
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: null, tool_calls: [chatCall] },
            finish_reason: 'tool_calls',
          },
        ],
      },
      [
        {
          data: {
            choices: [
              { index: 0, delta: { tool_calls: [{ index: 0, function: { name: 'look', arguments: halves[0] } }] } },
            ],
          },
        },
        {
          data: { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: halves[1] } }] } }] },
        },
        { data: { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] } },
        { data: '[DONE]' },
      ],
    ],
    ...(['native', 'tool', 'none'] as const).map(
      (structuredOutput): Case => [
        `Anthropic Messages, ${structuredOutput}`,
        (url: string, isStreamed: boolean) =>
          anthropic({ ...options, baseURL: url, structuredOutput, stream: isStreamed }),
        message,
        [
          { name: 'message_start', data: { type: 'message_start', message: { ...message, content: [] } } },
          {
            name: 'content_block_start',
            data: { type: 'content_block_start', index: 0, content_block: { ...block, input: {} } },
          },
          ...halves.map((partial_json) => ({
            name: 'content_block_delta',
            data: { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } },
          })),
          { name: 'message_delta', data: { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: {} } },
          { name: 'message_stop', data: { type: 'message_stop' } },
        ],
      ],
    ),
  ])('%s', async (_, make, whole, events) => {
    for (const isStreamed of [true, false]) {
      await using server = await wireServer([isStreamed ? stream(sse(events as never)) : json(whole)]);
      const model = make(server.url, isStreamed);
      expect(model.capabilities.tools).toBe(true);
      expect((await model.generate(request)).text).toBe(call);
      const body = JSON.stringify(server.calls[0]!.body);
      expect(body).toContain('"name":"look"');
      expect(body).toContain('"description":"Tells the size of one."');
      expect(body).not.toContain('$schema');
    }
  });

  it('is not asked of servers that may not know them', () => {
    expect(openai({ model: 'm', baseURL: 'http://127.0.0.1:1/v1' }).capabilities.tools).toBe(false);
    expect(openai({ model: 'm', apiKey: 'sk-0123456789' }).capabilities.tools).toBe(true);
  });
});

describe.each(protocols)('where tools are a form of the answer, $name', (protocol) => {
  const look: Tool<{ readonly name: string; readonly digits?: number | undefined }> = {
    name: 'look',
    about: 'Tells the size of one.',
    input: () => z.strictObject({ name: z.enum(['a', 'b']), digits: z.int().optional() }),
    run: (input) => ({ ...input, size: 4711 }),
  };
  const question = defineQuestion({
    id: 'test.pick',
    about: 'Which one.',
    language: 'always',
    tools: ['look'],
    facts: (names: readonly string[]) => ({ names: [...names] }),
    answer: (names) => z.strictObject({ pick: z.enum(names as [string]) }),
    rule: ([first]) => ({ answer: { pick: first! }, why: 'It is the first.' }),
  });
  const view = { message: () => undefined, blobJson: () => Promise.reject(new Error('no blobs here')) };

  it.each([true, false])('looks, and then answers (streamed: %s)', async (isStreamed) => {
    // As a strict mode has it: in an object, and what is left out is null.
    const said = ['{"value":{"tool":"look","input":{"name":"b","digits":null}}}', '{"value":{"pick":"b"}}'];
    await using server = await wireServer(
      said.map((text) => (isStreamed ? stream(protocol.events(text)) : json(protocol.whole(text)))),
    );
    const llm = protocol.model(server.url, { stream: isStreamed });
    expect(llm.capabilities.tools ?? false).toBe(false);
    const session = fakeSession({ llm, tools: [look] });
    const at = { stage: 's', visit: 1, name: 'test.pick', ordinal: 0 };
    expect(await ask(session, at, 'model', question, ['a', 'b'], view)).toEqual({ pick: 'b' });
    expect(session.events.filter(({ type }) => type === 'tool-call')).toMatchObject([
      { phase: 'start', tool: 'look', input: { name: 'b' } },
      { phase: 'end', tool: 'look' },
    ]);
    expect(server.calls).toHaveLength(2);
    const [first, second] = server.calls.map(({ body }) => JSON.stringify(body));
    expect(first).toContain('"const":"look"');
    expect(second).toContain('4711');
  });
});
