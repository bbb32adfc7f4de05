import { type HostedOptions, hostedModel } from './hosted-model.ts';
import { isRecord } from './is-record.ts';
import type { LanguageModel, ModelReply, ModelTool } from './language-model.ts';
import { modelError, usageOf } from './model-error.ts';
import type { ReplyText } from './reply-text.ts';
import type { StrictSchema } from './strict-schema.ts';
import { inputSchema, toolCallText } from './tool-call.ts';

export type { HostedOptions } from './hosted-model.ts';
export type { NetworkOptions } from './network-options.ts';
export type { RetryOptions } from './retrying.ts';

/** Options of {@link anthropic}. */
export interface AnthropicOptions extends HostedOptions {
  /**
   * `native` holds the reply to the schema, `tool` asks for the input of a tool of that schema, `none` leaves it to the prompt.
   *
   * @default 'native', for models before Claude 4.5 'tool'
   */
  readonly structuredOutput?: 'native' | 'tool' | 'none';
}

/** Models that came before structured output: Claude 2, 3 and 4.0, 4.1. */
const beforeNative = /^claude-(?:2|3|instant|(?:opus|sonnet)-4(?:-[01])?(?:-\d{8})?$)/;

/**
 * A Claude model. Needs the package `@anthropic-ai/sdk`, version 1.
 *
 * @throws {TrainerError} REQUEST_INVALID where an option is out of range or there is no key; calls throw PEER_MISSING
 * @example
 * const trainer = new Trainer({ llm: anthropic({ model: 'claude-haiku-4-5' }) });
 */
export function anthropic(options: AnthropicOptions): LanguageModel {
  const { model, baseURL, temperature } = options;
  const structuredOutput = options.structuredOutput ?? (beforeNative.test(model) ? 'tool' : 'native');
  return hostedModel(
    {
      id: 'anthropic',
      title: 'Anthropic',
      keyVariable: 'ANTHROPIC_API_KEY',
      packageName: '@anthropic-ai/sdk',
      structuredOutput,
      keepsBounds: structuredOutput === 'tool', // the native form knows none
      load: () => import('@anthropic-ai/sdk'),
      open: ({ Anthropic }, client) =>
        new Anthropic({ ...client, authToken: null, ...(baseURL === undefined ? {} : { baseURL }) }),
      async send(client, { name, system, prompt, strict, tools, stream, maxOutputTokens, signal }, text) {
        const answer: unknown = await client.messages.create(
          {
            model,
            max_tokens: maxOutputTokens,
            // Profile and knowledge are the same for all questions of an agent: the provider may keep them.
            ...(system === ''
              ? {}
              : { system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }] }),
            messages: [{ role: 'user', content: prompt }],
            stream,
            ...(temperature === undefined ? {} : { temperature }),
            ...formOf(strict, structuredOutput, tools),
          },
          { signal },
        );
        return readMessage(name, answer, text, maxOutputTokens);
      },
    },
    options,
  );
}

function formOf(
  strict: StrictSchema | undefined,
  structuredOutput: 'native' | 'tool' | 'none',
  tools: readonly ModelTool[],
) {
  const offered = tools.map(({ name, about, schema }) => ({
    name,
    description: about,
    input_schema: inputSchema(schema),
  }));
  const choice = { tools: offered, tool_choice: { type: 'auto' as const, disable_parallel_tool_use: true } };
  if (strict === undefined) return offered.length === 0 ? {} : choice;
  const schema = { ...strict.schema };
  if (structuredOutput === 'native')
    return {
      output_config: { format: { type: 'json_schema' as const, schema } },
      ...(offered.length === 0 ? {} : choice),
    };
  return {
    tools: [
      {
        name: 'answer',
        description: 'The answer to the question.',
        input_schema: { ...schema, type: 'object' as const },
      },
      ...offered,
    ],
    tool_choice:
      offered.length === 0
        ? { type: 'tool' as const, name: 'answer', disable_parallel_tool_use: true }
        : { type: 'any' as const, disable_parallel_tool_use: true },
  };
}

type Part = Readonly<Record<string, unknown>>;

/** Reads a message, streamed or whole: the text, or the input of the tool. */
async function readMessage(name: string, answer: unknown, text: ReplyText, maxTokens: number): Promise<ModelReply> {
  let counted: Part = {};
  let tool = ''; // where the tool was called, its input is the answer, and words around it are not
  const addTool = (piece: unknown) => {
    text.add(piece);
    if (typeof piece === 'string') tool += piece;
  };
  let called = 'answer';
  let stop: unknown;
  let isMessage = false;
  let isComplete = false;
  const count = (usage: unknown) => {
    if (!isRecord(usage)) return;
    const known = Object.entries(usage).filter(([, value]) => typeof value === 'number');
    counted = { ...counted, ...Object.fromEntries(known) };
  };
  const usage = () => {
    const number = (key: string) => (typeof counted[key] === 'number' ? (counted[key] as number) : 0);
    if (!('input_tokens' in counted)) return {};
    const cached = number('cache_read_input_tokens');
    const input = number('input_tokens') + cached + number('cache_creation_input_tokens');
    const sum = usageOf(input, number('output_tokens'), 'cache_read_input_tokens' in counted ? cached : undefined);
    return sum === undefined ? {} : { usage: sum };
  };
  if (isRecord(answer) && Symbol.asyncIterator in (answer as object)) {
    for await (const event of answer as unknown as AsyncIterable<Part>) {
      if (event.type === 'message_start' && isRecord(event.message)) {
        isMessage = true;
        count(event.message.usage);
      } else if (event.type === 'content_block_start' && isRecord(event.content_block)) {
        if (event.content_block.type === 'tool_use') called = String(event.content_block.name);
      } else if (event.type === 'content_block_delta' && isRecord(event.delta)) {
        if (event.delta.type === 'text_delta') text.add(event.delta.text);
        else if (event.delta.type === 'input_json_delta') addTool(event.delta.partial_json);
      } else if (event.type === 'message_delta') {
        count(event.usage);
        if (isRecord(event.delta)) stop = event.delta.stop_reason ?? stop;
      } else if (event.type === 'message_stop') isComplete = true;
    }
  } else if (isRecord(answer) && Array.isArray(answer.content)) {
    isMessage = true;
    isComplete = true;
    count(answer.usage);
    stop = answer.stop_reason;
    for (const block of answer.content) {
      if (!isRecord(block)) continue;
      if (block.type === 'text') text.add(block.text);
      else if (block.type === 'tool_use') {
        called = String(block.name);
        addTool(JSON.stringify(block.input));
      }
    }
  }
  if (!isMessage) throw modelError('LLM_MALFORMED', name, 'the reply is not of the Messages API');
  if (stop === 'refusal') throw modelError('LLM_REFUSED', name, 'the model refused to answer', usage());
  if (stop === 'max_tokens')
    throw modelError('LLM_REPLY_TOO_LONG', name, `the reply was stopped at ${maxTokens} tokens`, usage());
  if (stop === 'model_context_window_exceeded')
    throw modelError(
      'LLM_CONTEXT_TOO_LONG',
      name,
      'the context of the model was full before the answer was complete',
      usage(),
    );
  if (!isComplete || typeof stop !== 'string')
    throw modelError('LLM_MALFORMED', name, 'the reply ended before it was complete', usage());
  if (called !== 'answer') return { text: toolCallText(called, tool), ...usage() };
  return { text: tool === '' ? text.value : tool, ...usage() };
}
