import { isRecord } from './is-record.ts';
import type { ModelReply, ModelUsage } from './language-model.ts';
import { modelError, usageOf } from './model-error.ts';
import { eventsOf, type OpenAICall } from './openai-call.ts';
import type { ReplyText } from './reply-text.ts';
import { inputSchema, toolCallText } from './tool-call.ts';

/** One try over Chat Completions, which most servers speak. */
export async function readChat(
  client: import('openai').OpenAI,
  call: OpenAICall,
  text: ReplyText,
): Promise<ModelReply> {
  const { name, maxOutputTokens } = call;
  const answer: unknown = await client.chat.completions.create(
    {
      model: call.model,
      messages: [
        { role: 'system', content: call.system },
        { role: 'user', content: call.prompt },
      ],
      stream: call.stream,
      ...(call.stream ? { stream_options: { include_usage: true } } : {}),
      ...(call.isCompatible ? { max_tokens: maxOutputTokens } : { max_completion_tokens: maxOutputTokens }),
      ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
      ...(call.tools.length === 0
        ? {}
        : {
            parallel_tool_calls: false,
            tools: call.tools.map(({ name: tool, about, schema }) => ({
              type: 'function' as const,
              function: { name: tool, description: about, parameters: inputSchema(schema) },
            })),
          }),
      ...(call.strict === undefined
        ? {}
        : {
            response_format: {
              type: 'json_schema',
              json_schema: { name: 'answer', strict: true, schema: { ...call.strict.schema } },
            },
          }),
    },
    { signal: call.signal },
  );
  let usage: ModelUsage | undefined;
  let finish: unknown;
  let isRefused = false;
  let tool: string | undefined;
  let input = '';
  let isChat = false;
  for await (const event of eventsOf(answer)) {
    isChat ||= Array.isArray(event.choices);
    usage = usageIn(event.usage) ?? usage;
    const choice: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
    if (!isRecord(choice)) continue;
    const part = isRecord(choice.delta) ? choice.delta : isRecord(choice.message) ? choice.message : {};
    text.add(part.content);
    const [called]: unknown[] = Array.isArray(part.tool_calls) ? part.tool_calls : [];
    if (isRecord(called) && (called.index ?? 0) === 0 && isRecord(called.function)) {
      if (typeof called.function.name === 'string') tool ??= called.function.name;
      if (typeof called.function.arguments === 'string') {
        text.add(called.function.arguments); // holds its size too
        input += called.function.arguments;
      }
    }
    isRefused ||= typeof part.refusal === 'string' && part.refusal !== '';
    finish = choice.finish_reason ?? finish;
  }
  const failure = usage === undefined ? {} : { usage };
  if (!isChat) throw modelError('LLM_MALFORMED', name, 'the reply is not of the Chat Completions API');
  if (isRefused) throw modelError('LLM_REFUSED', name, 'the model refused to answer', failure);
  if (finish === 'content_filter')
    throw modelError('LLM_CONTENT_FILTER', name, 'a filter of the provider stopped the answer', failure);
  if (finish === 'length')
    throw modelError('LLM_REPLY_TOO_LONG', name, `the reply was stopped at ${maxOutputTokens} tokens`, failure);
  if (typeof finish !== 'string')
    throw modelError('LLM_MALFORMED', name, 'the reply ended before it was complete', failure);
  return { text: tool === undefined ? text.value : toolCallText(tool, input), ...failure };
}

function usageIn(usage: unknown): ModelUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  return usageOf(usage.prompt_tokens, usage.completion_tokens, details.cached_tokens);
}
