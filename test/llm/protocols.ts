import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenAICompatible as createV2 } from 'openai-compatible-1';
import { createOpenAICompatible as createV4 } from 'openai-compatible-3';
import { aiSdk } from '../../src/llm/ai-sdk.ts';
import { anthropic } from '../../src/llm/anthropic.ts';
import type { LanguageModel } from '../../src/llm/language-model.ts';
import type { NetworkOptions } from '../../src/llm/network-options.ts';
import { openai } from '../../src/llm/openai.ts';
import { sse } from './wire-server.ts';

/** How a reply ends. */
export type End = 'stop' | 'length' | 'refusal' | 'filter';

/** One protocol from its published shapes: replies of a text, whole or streamed, and bodies of errors. */
export interface Protocol {
  readonly name: string;
  readonly path: string;
  /** The ways other than `stop` in which a reply can end. */
  readonly ends: readonly End[];
  /** Whose `fetch` reads the bytes: ours stops a huge line and a redirect, a host's own does what it does. */
  readonly isOurFetch: boolean;
  /** Whether events are numbered, so that one that comes twice is read once. */
  readonly isNumbered?: true;
  model(url: string, options: NetworkOptions): LanguageModel;
  whole(text: string, end?: End): unknown;
  events(text: string, end?: End): Buffer;
  /** Events up to the middle of the text. */
  half(text: string): Buffer;
  /** An error inside a stream that has begun. */
  errorEvent?(): Buffer;
  error(status: number, code: string, message: string): unknown;
}

export const usage = { inputTokens: 120, outputTokens: 7, cachedInputTokens: 100 };
const pieces = (text: string): string[] => text.match(/[\s\S]{1,9}/gu) ?? [''];
const openaiError = (status: number, code: string, message: string) => ({
  error: { message, type: status === 429 ? 'requests' : 'invalid_request_error', param: null, code },
});

/** https://platform.openai.com/docs/api-reference/responses */
const responses: Protocol = {
  name: 'OpenAI Responses',
  path: '/v1/responses',
  ends: ['refusal', 'length', 'filter'],
  isOurFetch: true,
  isNumbered: true,
  model: (url, options) =>
    openai({ model: 'm-1', apiKey: 'sk-test-0123456789', baseURL: `${url}/v1`, api: 'responses', ...options }),
  whole(text, end = 'stop') {
    const content =
      end === 'refusal'
        ? { type: 'refusal', refusal: 'I can not help with that.' }
        : { type: 'output_text', text, annotations: [] };
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: end === 'length' || end === 'filter' ? 'incomplete' : 'completed',
      error: null,
      incomplete_details:
        end === 'length' ? { reason: 'max_output_tokens' } : end === 'filter' ? { reason: 'content_filter' } : null,
      model: 'm-1',
      output: [{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content: [content] }],
      usage: {
        input_tokens: 120,
        input_tokens_details: { cached_tokens: 100 },
        output_tokens: 7,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 127,
      },
    };
  },
  events(text, end = 'stop') {
    const whole = this.whole(text, end) as { status: string };
    const kind = end === 'refusal' ? 'response.refusal.delta' : 'response.output_text.delta';
    const said = end === 'refusal' ? ['I can not ', 'help.'] : pieces(text);
    const events = [
      {
        name: 'response.created',
        data: { type: 'response.created', response: { object: 'response', status: 'in_progress' } },
      },
      ...said.map((delta) => ({
        name: kind,
        data: { type: kind, item_id: 'msg_1', output_index: 0, content_index: 0, delta },
      })),
      { name: `response.${whole.status}`, data: { type: `response.${whole.status}`, response: whole } },
    ];
    return sse(events.map(({ name, data }, index) => ({ name, data: { ...data, sequence_number: index } })));
  },
  half: (text) =>
    sse([
      { data: { type: 'response.created', response: {} } },
      { data: { type: 'response.output_text.delta', delta: text.slice(0, text.length / 2) } },
    ]),
  errorEvent: () =>
    sse([{ name: 'error', data: { type: 'error', code: 'server_error', message: 'Oh.', param: null } }]),
  error: openaiError,
};

/** https://platform.openai.com/docs/api-reference/chat */
const chat: Protocol = {
  name: 'Chat Completions',
  path: '/v1/chat/completions',
  ends: ['refusal', 'length', 'filter'],
  isOurFetch: true,
  model: (url, options) => openai({ model: 'm-1', apiKey: 'sk-test-0123456789', baseURL: `${url}/v1`, ...options }),
  whole: (text, end = 'stop') => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm-1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: end === 'refusal' ? null : text,
          refusal: end === 'refusal' ? 'No.' : null,
        },
        finish_reason: end === 'filter' ? 'content_filter' : end === 'refusal' ? 'stop' : end,
      },
    ],
    usage: {
      prompt_tokens: 120,
      completion_tokens: 7,
      total_tokens: 127,
      prompt_tokens_details: { cached_tokens: 100 },
    },
  }),
  events(text, end = 'stop') {
    const chunk = (choices: unknown[], extra: object = {}) => ({
      data: { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm-1', choices, ...extra },
    });
    const whole = this.whole(text, end) as { choices: { finish_reason: string }[]; usage: unknown };
    return sse([
      chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
      ...(end === 'refusal'
        ? [chunk([{ index: 0, delta: { refusal: 'No.' }, finish_reason: null }])]
        : pieces(text).map((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }]))),
      chunk([{ index: 0, delta: {}, finish_reason: whole.choices[0]!.finish_reason }]),
      chunk([], { usage: whole.usage }),
      { data: '[DONE]' },
    ]);
  },
  half: (text) =>
    sse([
      { data: { choices: [{ index: 0, delta: { content: text.slice(0, text.length / 2) }, finish_reason: null }] } },
    ]),
  errorEvent: () => sse([{ data: { error: { message: 'Oh.', type: 'server_error', code: 'server_error' } } }]),
  error: openaiError,
};

/** https://platform.claude.com/docs/en/api/messages */
const messages = (structuredOutput: 'native' | 'tool'): Protocol => {
  const isTool = structuredOutput === 'tool';
  const stopOf = (end: End) =>
    ({ stop: isTool ? 'tool_use' : 'end_turn', length: 'max_tokens', refusal: 'refusal', filter: 'refusal' })[end];
  const start = {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm-1',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 20, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 1 },
    },
  };
  const block = isTool ? { type: 'tool_use', id: 'toolu_1', name: 'answer', input: {} } : { type: 'text', text: '' };
  const delta = (piece: string) => ({
    name: 'content_block_delta',
    data: {
      type: 'content_block_delta',
      index: 0,
      delta: isTool ? { type: 'input_json_delta', partial_json: piece } : { type: 'text_delta', text: piece },
    },
  });
  return {
    name: `Anthropic Messages, ${structuredOutput}`,
    path: '/v1/messages',
    ends: ['refusal', 'length'],
    isOurFetch: true,
    model: (url, options) =>
      anthropic({ model: 'm-1', apiKey: 'sk-ant-0123456789', baseURL: url, structuredOutput, ...options }),
    whole: (text, end = 'stop') => ({
      ...start.message,
      content: end === 'refusal' ? [] : [isTool ? { ...block, input: parsed(text) } : { type: 'text', text }],
      stop_reason: stopOf(end),
      stop_sequence: null,
      usage: { ...start.message.usage, output_tokens: 7 },
    }),
    events: (text, end = 'stop') =>
      sse([
        { name: 'message_start', data: start },
        { name: 'content_block_start', data: { type: 'content_block_start', index: 0, content_block: block } },
        { name: 'ping', data: { type: 'ping' } },
        ...(end === 'refusal' ? [] : pieces(text).map(delta)),
        { name: 'content_block_stop', data: { type: 'content_block_stop', index: 0 } },
        {
          name: 'message_delta',
          data: {
            type: 'message_delta',
            delta: { stop_reason: stopOf(end), stop_sequence: null },
            usage: { output_tokens: 7 },
          },
        },
        { name: 'message_stop', data: { type: 'message_stop' } },
      ]),
    half: (text) => sse([{ name: 'message_start', data: start }, delta(text.slice(0, text.length / 2))]),
    errorEvent: () =>
      sse([{ name: 'error', data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } }]),
    error: (status, code, message) => ({
      type: 'error',
      error: { type: status === 529 ? 'overloaded_error' : code, message },
      request_id: 'req_1',
    }),
  };
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a tool's input that no provider would send
  }
}

/** https://github.com/ggml-org/llama.cpp/tree/master/tools/server: Chat Completions with words of its own. */
const llamaServer: Protocol = {
  ...chat,
  name: 'llama.cpp server',
  ends: ['length'],
  whole(text, end = 'stop') {
    const whole = chat.whole(text, end) as { choices: { index: number; message: object; finish_reason: string }[] };
    const [choice] = whole.choices;
    return {
      ...whole,
      choices: [{ ...choice, message: { role: 'assistant', content: text } }],
      created: 1,
      system_fingerprint: 'b8681-1',
      timings,
    };
  },
  events(text, end = 'stop') {
    const chunk = (choices: unknown[], extra: object = {}) => ({
      data: {
        choices,
        created: 1,
        id: 'chatcmpl-1',
        model: 'm-1',
        system_fingerprint: 'b8681-1',
        object: 'chat.completion.chunk',
        ...extra,
      },
    });
    const { usage: counts } = chat.whole(text) as { usage: object };
    return sse([
      chunk([{ finish_reason: null, index: 0, delta: { role: 'assistant', content: null } }]),
      ...pieces(text).map((content) => chunk([{ finish_reason: null, index: 0, delta: { content } }])),
      chunk([{ finish_reason: end, index: 0, delta: {} }]),
      chunk([], { usage: counts, timings }),
      { data: '[DONE]' },
    ]);
  },
  errorEvent: () => sse([{ data: { error: { code: 500, message: 'Oh.', type: 'server_error' } } }]),
  error: (status, code, message) => ({ error: { code: status, message, type: code } }),
};
const timings = { cache_n: 100, prompt_n: 20, prompt_ms: 30.9, predicted_n: 7, predicted_ms: 661 };

/** Providers of the AI SDK of three specifications, over Chat Completions. */
const aiSdkOf = (version: string, create: typeof createOpenAICompatible | typeof createV2 | typeof createV4) =>
  (['native', 'tool'] as const).map(
    (structuredOutput): Protocol => ({
      ...(structuredOutput === 'tool' ? toolChat : chat),
      name: `AI SDK ${version}, ${structuredOutput}`,
      ends: ['length', 'filter'],
      isOurFetch: false,
      model(url, options) {
        const provider = create({
          name: 'local',
          baseURL: `${url}/v1`,
          apiKey: 'sk-test-0123456789',
          includeUsage: true,
          supportsStructuredOutputs: structuredOutput === 'native',
        });
        return aiSdk(provider.chatModel('m-1'), options);
      },
    }),
  );

/** Chat Completions whose answer is the input of a tool. */
const toolChat: Protocol = {
  ...chat,
  whole(text, end = 'stop') {
    const whole = chat.whole(text, end) as { choices: { message: object; finish_reason: string }[] };
    const [choice] = whole.choices;
    const call = { id: 'call_1', type: 'function', function: { name: 'answer', arguments: text } };
    const message = { role: 'assistant', content: null, tool_calls: [call] };
    return { ...whole, choices: [{ ...choice, message, ...(end === 'stop' ? { finish_reason: 'tool_calls' } : {}) }] };
  },
  events(text, end = 'stop') {
    const whole = this.whole(text, end) as { choices: { finish_reason: string }[]; usage: unknown };
    const chunk = (choices: unknown[], extra: object = {}) => ({
      data: { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm-1', choices, ...extra },
    });
    return sse([
      chunk([toolDelta('', { id: 'call_1', type: 'function', name: 'answer' })]),
      ...pieces(text).map((piece) => chunk([toolDelta(piece)])),
      chunk([{ index: 0, delta: {}, finish_reason: whole.choices[0]!.finish_reason }]),
      chunk([], { usage: whole.usage }),
      { data: '[DONE]' },
    ]);
  },
  half: (text) =>
    sse([
      { data: { choices: [toolDelta('', { id: 'call_1', type: 'function', name: 'answer' })] } },
      { data: { choices: [toolDelta(text.slice(0, text.length / 2))] } },
    ]),
};
function toolDelta(text: string, head?: { readonly id: string; readonly type: string; readonly name: string }) {
  const { name, ...ids } = head ?? {};
  const call = { index: 0, ...ids, function: { ...(name === undefined ? {} : { name }), arguments: text } };
  return { index: 0, delta: { tool_calls: [call] }, finish_reason: null };
}

export const protocols: readonly Protocol[] = [
  responses,
  chat,
  messages('native'),
  messages('tool'),
  llamaServer,
  ...aiSdkOf('V2', createV2),
  ...aiSdkOf('V3', createOpenAICompatible),
  ...aiSdkOf('V4', createV4),
];
