import { resolve } from 'node:path';
import type { OptionSpec } from './command.ts';
import { UsageError } from './usage-error.ts';

/** A language model as the command line names it. */
export type LlmChoice =
  | { readonly provider: 'openai' | 'anthropic'; readonly model: string }
  | { readonly provider: 'gguf'; readonly file: string }
  | { readonly provider: 'compatible'; readonly baseURL: string; readonly model: string };

/** The option of commands that may ask a language model. */
export const llmOption: OptionSpec = {
  type: 'string',
  value: 'MODEL',
  about: 'rules, openai:NAME, anthropic:NAME, http://HOST/v1#NAME or gguf:FILE. Default: rules.',
};

const forms = 'rules, openai:NAME, anthropic:NAME, http://HOST/v1#NAME or gguf:FILE';

/**
 * Reads `--llm`; undefined stands for rules alone, and files are looked for from `cwd`. Keys are never part of it.
 *
 * @throws {UsageError}
 */
export function parseLlm(text: string | undefined, cwd: string): LlmChoice | undefined {
  if (text === undefined || text === 'rules') return undefined;
  const refuse = (): never => {
    throw new UsageError(`Expected --llm to be ${forms}, got "${text}".`);
  };
  if (/^https?:\/\//.test(text)) {
    const at = text.indexOf('#');
    if (at < 0 || at === text.length - 1 || !URL.canParse(text)) refuse();
    const url = new URL(text.slice(0, at));
    if (url.username !== '' || url.password !== '' || url.search !== '')
      throw new UsageError('Expected --llm to be an address without a key in it. Keys come from the environment.');
    return { provider: 'compatible', baseURL: url.href.replace(/\/$/, ''), model: text.slice(at + 1) };
  }
  const file = /^gguf:(.+)$/s.exec(text)?.[1];
  if (file !== undefined) return { provider: 'gguf', file: resolve(cwd, file) };
  const [, provider, model] = /^(openai|anthropic):(\S+)$/.exec(text) ?? refuse();
  return { provider: provider as 'openai' | 'anthropic', model: model! };
}

/**
 * The key for a server that speaks OpenAI's protocol, from the usual variables: that of OpenRouter for OpenRouter, that of
 * OpenAI where `OPENAI_BASE_URL` says that it belongs to this address. No key goes to a host that it is not for.
 */
export function keyFor(baseURL: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { hostname, protocol } = new URL(baseURL);
  if (protocol === 'https:' && (hostname === 'openrouter.ai' || hostname.endsWith('.openrouter.ai')))
    return environment.OPENROUTER_API_KEY;
  const own = environment.OPENAI_BASE_URL?.replace(/\/$/, '');
  return own !== undefined && URL.canParse(own) && new URL(own).href.replace(/\/$/, '') === baseURL
    ? environment.OPENAI_API_KEY
    : undefined;
}
