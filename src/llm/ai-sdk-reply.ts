import { StreamError } from './ai-sdk-error.ts';
import { isRecord } from './is-record.ts';
import type { ModelReply, ModelUsage } from './language-model.ts';
import { modelError, usageOf } from './model-error.ts';
import type { ReplyText } from './reply-text.ts';

type Part = Readonly<Record<string, unknown>>;

/** The reply of an AI SDK model, streamed or whole, of any of the specifications. */
export class AiSdkReply {
  readonly #name: string;
  readonly #text: ReplyText;
  readonly #maxOutputTokens: number;
  /** The input of the tool: where it was called, words around it are not the answer. */
  #tool: string | undefined;
  #toolDeltas = '';
  #finish: unknown;
  #usage: ModelUsage | undefined;

  constructor(name: string, text: ReplyText, maxOutputTokens: number) {
    this.#name = name;
    this.#text = text;
    this.#maxOutputTokens = maxOutputTokens;
  }

  /** A part of a stream. Kinds that are not known are passed over: each specification has more of them. */
  addPart(part: Part): void {
    if (part.type === 'text-delta') this.#text.add(part.delta);
    else if (part.type === 'tool-input-delta') {
      this.#text.add(part.delta); // counts towards the limit
      if (typeof part.delta === 'string') this.#toolDeltas += part.delta;
    } else if (part.type === 'tool-call') this.#addTool(part);
    else if (part.type === 'error') throw new StreamError(part.error);
    else if (part.type === 'finish') this.#endWith(part);
  }

  /** A whole reply. */
  ofResult(result: unknown): ModelReply {
    if (!isRecord(result) || !Array.isArray(result.content))
      throw modelError('LLM_MALFORMED', this.#name, 'the reply is not of the AI SDK');
    for (const part of result.content) {
      if (!isRecord(part)) continue;
      if (part.type === 'text') this.#text.add(part.text);
      else if (part.type === 'tool-call') this.#addTool(part);
    }
    this.#endWith(result);
    return this.end();
  }

  /** @throws {TrainerError} where the reply ended early, or as something that is no answer */
  end(): ModelReply {
    const usage = this.#usage === undefined ? {} : { usage: this.#usage };
    // V2 has a word; V3 and V4 the word that all providers share, and the provider's own.
    const finish = isRecord(this.#finish) ? this.#finish : { unified: this.#finish, raw: this.#finish };
    switch (finish.unified) {
      case 'length':
        throw modelError(
          'LLM_REPLY_TOO_LONG',
          this.#name,
          `the reply was stopped at ${this.#maxOutputTokens} tokens`,
          usage,
        );
      case 'content-filter':
        throw modelError('LLM_CONTENT_FILTER', this.#name, 'the model or a filter of it stopped the answer', usage);
      case 'error':
        throw modelError('LLM_UNAVAILABLE', this.#name, 'the model stopped because of an error', usage);
      case 'stop':
      case 'tool-calls':
        break;
      default:
        // A reason that only the provider knows is one; none at all is a reply that was cut.
        if (finish.unified !== 'other' || typeof finish.raw !== 'string')
          throw modelError('LLM_MALFORMED', this.#name, 'the reply ended before it was complete', usage);
    }
    const tool = this.#tool ?? (this.#toolDeltas === '' ? undefined : this.#toolDeltas);
    return { text: tool ?? this.#text.value, ...usage };
  }

  #addTool({ input }: Part): void {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    if (this.#toolDeltas === '') this.#text.add(text);
    this.#tool = text;
  }

  #endWith({ finishReason, usage }: Part): void {
    this.#finish = finishReason;
    if (!isRecord(usage)) return;
    const { inputTokens: input, outputTokens: output, cachedInputTokens } = usage;
    this.#usage = isRecord(input)
      ? usageOf(input.total, isRecord(output) ? output.total : undefined, input.cacheRead)
      : usageOf(input, output, cachedInputTokens);
  }
}
