import { type HostedOptions, hostedModel } from './hosted-model.ts';
import type { LanguageModel } from './language-model.ts';
import { readChat } from './openai-chat.ts';
import { readResponse } from './openai-responses.ts';

export type { HostedOptions } from './hosted-model.ts';
export type { NetworkOptions } from './network-options.ts';
export type { RetryOptions } from './retrying.ts';

/** Options of {@link openai}. With `baseURL`: vLLM, llama.cpp, Ollama, LM Studio, OpenRouter, Azure. */
export interface OpenAIOptions extends HostedOptions {
  /** @default 'responses', with `baseURL` 'chat' */
  readonly api?: 'responses' | 'chat';
  /** `none` for servers that know no `json_schema` format: the schema is then in the prompt alone. @default 'native' */
  readonly structuredOutput?: 'native' | 'none';
  /** Further headers, `api-key` of Azure for one. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A model of OpenAI, or of any server that speaks its protocol. Needs the package `openai`, version 6 or 7 (7 needs Node 22).
 *
 * @throws {TrainerError} REQUEST_INVALID where an option is out of range or there is no key; calls throw PEER_MISSING
 * @example
 * const trainer = new Trainer({ llm: openai({ model: 'gpt-5-mini' }) });
 */
export function openai(options: OpenAIOptions): LanguageModel {
  const { model, baseURL, temperature, headers } = options;
  const isCompatible = baseURL !== undefined;
  const read = (options.api ?? (isCompatible ? 'chat' : 'responses')) === 'chat' ? readChat : readResponse;
  return hostedModel(
    {
      id: 'openai',
      title: 'OpenAI',
      keyVariable: 'OPENAI_API_KEY',
      packageName: 'openai',
      structuredOutput: options.structuredOutput ?? 'native',
      keepsBounds: true,
      load: () => import('openai'),
      open: ({ OpenAI }, client) =>
        new OpenAI({
          ...client,
          ...(isCompatible ? { baseURL, organization: null, project: null } : {}),
          ...(headers === undefined ? {} : { defaultHeaders: headers }),
        }),
      send: (client, attempt, text) =>
        read(client, { ...attempt, model, isCompatible, ...(temperature === undefined ? {} : { temperature }) }, text),
    },
    options,
  );
}
