import { TrainerError } from '../core/errors.ts';
import { guardedFetch } from './guarded-fetch.ts';
import type { LanguageModel } from './language-model.ts';
import { readChat } from './openai-chat.ts';
import { readResponse } from './openai-responses.ts';
import { callProvider, type NetworkOptions, networkSettings, peerMissing, wireBytes } from './provider-try.ts';
import { strictSchema } from './strict-schema.ts';

export type { NetworkOptions } from './provider-try.ts';
export type { RetryOptions } from './retrying.ts';

/** Options of {@link openai}. */
export interface OpenAIOptions extends NetworkOptions {
  /** The name of the model, as the provider writes it. */
  readonly model: string;
  /** @default the environment's `OPENAI_API_KEY`; with `baseURL`, none: a key goes to no host that it was not given for */
  readonly apiKey?: string;
  /** A server that speaks the same protocol: vLLM, llama.cpp, Ollama, LM Studio, OpenRouter, Azure. @default OpenAI */
  readonly baseURL?: string;
  /** @default 'responses', with `baseURL` 'chat' */
  readonly api?: 'responses' | 'chat';
  /** `none` for servers that know no `json_schema` format: the schema is then in the prompt alone. @default 'native' */
  readonly structuredOutput?: 'native' | 'none';
  /** Further headers, `api-key` of Azure for one. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the model's own */
  readonly temperature?: number;
}

type Client = import('openai').OpenAI;

/**
 * A model of OpenAI, or of any server that speaks its protocol. Needs the package `openai`, version 6 or 7 (7 needs Node 22).
 *
 * @throws {TrainerError} REQUEST_INVALID where an option is out of range or there is no key; calls throw PEER_MISSING
 * @example
 * const trainer = new Trainer({ llm: openai({ model: 'gpt-5-mini' }) });
 */
export function openai(options: OpenAIOptions): LanguageModel {
  const { model, baseURL } = options;
  if (typeof model !== 'string' || model === '')
    throw new TrainerError('REQUEST_INVALID', `Expected the name of a model, got ${String(model)}.`);
  if (baseURL !== undefined && !/^https?:\/\//.test(baseURL))
    throw new TrainerError('REQUEST_INVALID', 'Expected baseURL to begin with http:// or https://.');
  const apiKey = options.apiKey ?? (baseURL === undefined ? process.env.OPENAI_API_KEY : undefined);
  if ((apiKey === undefined || apiKey === '') && baseURL === undefined)
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected a key for OpenAI, got none. Set OPENAI_API_KEY, or give apiKey.',
    );
  const settings = networkSettings('openai()', options);
  const isChat = (options.api ?? (baseURL === undefined ? 'responses' : 'chat')) === 'chat';
  const structuredOutput = options.structuredOutput ?? 'native';
  const name = `openai:${model}`;

  let client: Promise<{ client: Client; vendor: typeof import('openai') }> | undefined;
  const open = () => {
    client ??= import('openai').then(
      (vendor) => ({
        vendor,
        client: new vendor.OpenAI({
          apiKey: apiKey ?? 'none',
          ...(baseURL === undefined ? {} : { baseURL, organization: null, project: null }),
          ...(options.headers === undefined ? {} : { defaultHeaders: options.headers }),
          maxRetries: 0, // tries are counted here
          timeout: settings.stream ? settings.timeoutMs : settings.totalTimeoutMs,
          logLevel: 'off', // its log would hold prompts
          fetch: guardedFetch(name, {
            idleTimeoutMs: settings.idleTimeoutMs,
            maxBytes: wireBytes(settings.maxReplyCharacters),
          }),
        }),
      }),
      (cause) => {
        client = undefined;
        throw peerMissing('openai', cause);
      },
    );
    return client;
  };

  return {
    name,
    capabilities: { structuredOutput },
    async generate(request) {
      const { client: opened, vendor } = await open();
      const strict = structuredOutput === 'native' ? strictSchema(request.schema, { keepBounds: true }) : undefined;
      const maxOutputTokens = Math.min(settings.maxOutputTokens, request.maxOutputTokens ?? Number.POSITIVE_INFINITY);
      const limits = {
        maxOutputTokens,
        isCompatible: baseURL !== undefined,
        ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
      };
      const reply = await callProvider(name, request, settings, vendor, async (text, signal) => {
        const call = { ...request, name, model, strict, stream: settings.stream, signal, ...limits };
        return isChat ? readChat(opened, call, text) : readResponse(opened, call, text);
      });
      return strict === undefined ? reply : { ...reply, text: strict.restore(reply.text) };
    },
  };
}
