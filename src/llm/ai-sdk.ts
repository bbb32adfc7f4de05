import { TrainerError } from '../core/errors.ts';
import { explainAiSdkError } from './ai-sdk-error.ts';
import { AiSdkReply } from './ai-sdk-reply.ts';
import type { AiSdkCall, AiSdkLanguageModel } from './ai-sdk-types.ts';
import { isRecord } from './is-record.ts';
import type { LanguageModel, ModelReply } from './language-model.ts';
import { modelError } from './model-error.ts';
import { type NetworkOptions, type NetworkSettings, networkSettings } from './network-options.ts';
import { callProvider, type ProviderTry } from './provider-call.ts';
import type { ReplyText } from './reply-text.ts';
import { strictSchema } from './strict-schema.ts';
import { abortable, within } from './within.ts';

export type { AiSdkLanguageModel } from './ai-sdk-types.ts';
export type { NetworkOptions } from './network-options.ts';
export type { RetryOptions } from './retrying.ts';

/** Options of {@link aiSdk}. */
export interface AiSdkOptions extends NetworkOptions {
  /**
   * `native` asks for a reply of the schema (`responseFormat`), `tool` for the input of a tool of that schema, `none` leaves it
   * to the prompt.
   *
   * @default 'native', for models that say `supportsStructuredOutputs: false` 'tool'
   */
  readonly structuredOutput?: 'native' | 'tool' | 'none';
  /** @default the model's own */
  readonly temperature?: number;
  /** Passed on as they are, by provider: `{ openai: { reasoningEffort: 'low' } }`. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Any language model of the AI SDK: specification V4, V3 or V2, told apart by the model itself. The key, the address and
 * `fetch` are the business of the package that made it; tries, time-outs and the length of a reply are watched here.
 *
 * @throws {TrainerError} REQUEST_INVALID where it is no such model, or an option is out of range
 * @example
 * import { google } from '@ai-sdk/google';
 * const trainer = new Trainer({ llm: aiSdk(google('gemini-3-flash')) });
 */
export function aiSdk(model: AiSdkLanguageModel, options: AiSdkOptions = {}): LanguageModel {
  const version: unknown = (model as Partial<AiSdkLanguageModel> | undefined)?.specificationVersion;
  if (version !== 'v4' && version !== 'v3' && version !== 'v2')
    throw new TrainerError(
      'REQUEST_INVALID',
      typeof model === 'string'
        ? 'Expected a language model of the AI SDK, got a text. Names are for gateways: make a model with a provider, as openai("gpt-5-mini") of @ai-sdk/openai does.'
        : `Expected a language model of the AI SDK with specificationVersion v4, v3 or v2, got ${String(version)}.`,
    );
  const settings = networkSettings('aiSdk()', options);
  const isWithout = (model as { supportsStructuredOutputs?: unknown }).supportsStructuredOutputs === false;
  const structuredOutput = options.structuredOutput ?? (isWithout ? 'tool' : 'native');
  const name = `ai-sdk:${model.provider}/${model.modelId}`;
  return {
    name,
    capabilities: { structuredOutput },
    generate: (request) =>
      callProvider(name, request, settings, {
        strict: structuredOutput === 'none' ? undefined : strictSchema(request.schema, { keepBounds: true }),
        send: (attempt, text) => send(model, attempt, text, settings, { ...options, structuredOutput }),
        explain: (error) => explainAiSdkError(name, error),
      }),
  };
}

/** One try. */
async function send(
  model: AiSdkLanguageModel,
  attempt: ProviderTry,
  text: ReplyText,
  settings: NetworkSettings,
  options: AiSdkOptions,
): Promise<ModelReply> {
  const { name, signal, maxOutputTokens } = attempt;
  // A model may be anybody's: it is told to stop, and left behind where it does not.
  const stopped = new AbortController();
  const call = { ...callOf(attempt, options), abortSignal: AbortSignal.any([signal, stopped.signal]) };
  const reply = new AiSdkReply(name, text, maxOutputTokens);
  try {
    if (!attempt.stream) {
      const whole = await abortable(
        begun(() => model.doGenerate(call as never)),
        signal,
      );
      return reply.ofResult(whole);
    }
    const began = within(
      begun(() => model.doStream(call as never)),
      settings.timeoutMs,
      () => modelError('LLM_TIMEOUT', name, 'no reply began in time'),
    );
    const { stream } = (await abortable(began, signal)) as { stream?: unknown };
    if (!(stream instanceof ReadableStream))
      throw modelError('LLM_MALFORMED', name, 'the model gave no stream where it was asked for one');
    const reader = stream.getReader();
    try {
      for (;;) {
        const part = within(reader.read(), settings.idleTimeoutMs, () =>
          modelError('LLM_TIMEOUT', name, `the reply stalled: nothing for ${settings.idleTimeoutMs} ms`),
        );
        const { done, value } = await abortable(part, signal);
        if (done) return reply.end();
        if (isRecord(value)) reply.addPart(value);
      }
    } finally {
      reader.cancel().catch(() => undefined); // ended, or left behind
    }
  } finally {
    stopped.abort();
  }
}

/** A call that throws at once fails as one that throws later. */
async function begun(call: () => PromiseLike<unknown>): Promise<unknown> {
  return call();
}

function callOf({ system, prompt, strict, maxOutputTokens }: ProviderTry, options: AiSdkOptions) {
  const { structuredOutput, temperature, providerOptions } = options;
  const call: Omit<AiSdkCall, 'abortSignal'> = {
    prompt: [
      ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: [{ type: 'text', text: prompt }] },
    ],
    maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(providerOptions === undefined ? {} : { providerOptions }),
  };
  if (strict === undefined) return call;
  const { schema } = strict;
  if (structuredOutput === 'native')
    return { ...call, responseFormat: { type: 'json' as const, schema, name: 'answer' } };
  return {
    ...call,
    tools: [
      {
        type: 'function' as const,
        name: 'answer',
        description: 'The answer to the question.',
        inputSchema: schema,
      },
    ],
    toolChoice: { type: 'tool' as const, toolName: 'answer' },
  };
}
