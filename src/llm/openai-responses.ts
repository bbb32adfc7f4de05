import { isRecord } from './is-record.ts';
import type { ModelReply, ModelUsage } from './language-model.ts';
import { modelError, statusError, usageOf } from './model-error.ts';
import { eventsOf, type OpenAICall } from './openai-call.ts';
import type { ReplyText } from './reply-text.ts';
import { firstCall, inputSchema } from './tool-call.ts';

/** One try over the Responses API. Nothing is stored at the provider. */
export async function readResponse(
  client: import('openai').OpenAI,
  call: OpenAICall,
  text: ReplyText,
): Promise<ModelReply> {
  const { name } = call;
  const answer: unknown = await client.responses.create(
    {
      model: call.model,
      instructions: call.system,
      input: call.prompt,
      stream: call.stream,
      store: false,
      max_output_tokens: Math.max(16, call.maxOutputTokens), // the least that the API takes
      ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
      ...(call.tools.length === 0
        ? {}
        : {
            parallel_tool_calls: false,
            tools: call.tools.map(({ name: tool, about, schema }) => ({
              type: 'function' as const,
              name: tool,
              description: about,
              parameters: inputSchema(schema),
              strict: false,
            })),
          }),
      ...(call.strict === undefined
        ? {}
        : {
            text: { format: { type: 'json_schema', name: 'answer', strict: true, schema: { ...call.strict.schema } } },
          }),
    },
    { signal: call.signal },
  );
  let last: Readonly<Record<string, unknown>> | undefined;
  let refusal = '';
  let seen = -1;
  for await (const event of eventsOf(answer)) {
    // Events are numbered: one that a proxy sent twice is read once.
    if (typeof event.sequence_number === 'number') {
      if (event.sequence_number <= seen) continue;
      seen = event.sequence_number;
    }
    if (event.type === 'response.output_text.delta') text.add(event.delta);
    else if (event.type === 'response.refusal.delta') refusal += String(event.delta);
    else if (event.type === 'error') {
      const code = typeof event.code === 'string' ? event.code : '';
      throw statusError(name, {
        status: code === 'rate_limit_exceeded' ? 429 : 500,
        type: code,
        message: String(event.message ?? ''),
      });
    } else if (['response.completed', 'response.incomplete', 'response.failed'].includes(String(event.type)))
      last = isRecord(event.response) ? event.response : {};
    else if (event.object === 'response') last = event; // not streamed
  }
  if (last === undefined) {
    throw modelError(
      'LLM_MALFORMED',
      name,
      text.value === '' ? 'the reply is not of the Responses API' : 'the reply ended before it was complete',
    );
  }
  const usage = usageIn(last.usage);
  const failure = usage === undefined ? {} : { usage };
  if (last.status === 'failed' || isRecord(last.error)) {
    const error = isRecord(last.error) ? last.error : {};
    const code = typeof error.code === 'string' ? error.code : '';
    throw statusError(name, {
      status: code === 'rate_limit_exceeded' ? 429 : 500,
      type: code,
      message: String(error.message ?? ''),
    });
  }
  if (last.status === 'incomplete') {
    const reason = isRecord(last.incomplete_details) ? last.incomplete_details.reason : undefined;
    if (reason === 'content_filter')
      throw modelError('LLM_CONTENT_FILTER', name, 'a filter of the provider stopped the answer', failure);
    throw modelError('LLM_REPLY_TOO_LONG', name, `the reply was stopped at ${call.maxOutputTokens} tokens`, failure);
  }
  for (const item of Array.isArray(last.output) ? last.output : []) {
    for (const part of isRecord(item) && Array.isArray(item.content) ? item.content : []) {
      if (!isRecord(part)) continue;
      if (part.type === 'refusal') refusal ||= String(part.refusal ?? 'yes');
      if (part.type === 'output_text' && !call.stream) text.add(part.text);
    }
  }
  if (refusal !== '') throw modelError('LLM_REFUSED', name, 'the model refused to answer', failure);
  const called = firstCall(last.output, (item) =>
    item.type === 'function_call' ? { name: item.name, input: item.arguments } : undefined,
  );
  return { text: called ?? text.value, ...failure };
}

function usageIn(usage: unknown): ModelUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const details = isRecord(usage.input_tokens_details) ? usage.input_tokens_details : {};
  return usageOf(usage.input_tokens, usage.output_tokens, details.cached_tokens);
}
