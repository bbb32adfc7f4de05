import { canonicalJson } from '../core/helpers/canonical-json.ts';
import { sha256 } from '../core/helpers/hash.ts';
import type { LanguageModel } from './language-model.ts';

/** Where replies are kept, by key; a `Map` is one. */
export interface ReplyStore {
  get(key: string): string | undefined | Promise<string | undefined>;
  set(key: string, reply: string): unknown;
}

/**
 * A model that is asked the same thing once: replies are kept by model, system prompt, prompt and schema. A kept reply takes
 * no tokens. Errors are not kept; a store that fails is as good as an empty one.
 *
 * @example
 * const llm = cached(openai({ model: 'gpt-5-mini' }), new Map());
 */
export function cached(model: LanguageModel, store: ReplyStore): LanguageModel {
  return {
    name: model.name,
    capabilities: model.capabilities,
    async generate(request) {
      const { system, prompt, schema } = request;
      const key = sha256(new TextEncoder().encode(canonicalJson({ model: model.name, system, prompt, schema })));
      const kept = await attempt(() => store.get(key));
      if (typeof kept === 'string') return { text: kept, usage: { inputTokens: 0, outputTokens: 0 } };
      const reply = await model.generate(request);
      await attempt(() => store.set(key, reply.text));
      return reply;
    },
  };
}

async function attempt<T>(what: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await what();
  } catch {
    return undefined; // a cache is a convenience: without it, the model answers
  }
}
