import { AssertionError } from 'node:assert';
import type { LanguageModel, ModelReply, ModelRequest } from '../llm/language-model.ts';

/**
 * One scripted reply: a text as it is, an error to throw, a function of the request, a reply that comes late
 * ({@link later}), or any other value, which is sent as JSON.
 */
export type ScriptedReply =
  | string
  | number
  | boolean
  | null
  | Error
  | Late
  | readonly unknown[]
  | { readonly [key: string]: unknown }
  | ((request: ModelRequest) => ScriptedReply | Promise<ScriptedReply>);

/** A reply that comes late; made by {@link later}. */
export class Late {
  readonly delayMs: number;
  readonly reply: ScriptedReply;

  constructor(delayMs: number, reply: ScriptedReply) {
    this.delayMs = delayMs;
    this.reply = reply;
  }
}

/** Gives `reply` after `delayMs` milliseconds, or throws the signal's reason where the call is aborted before. */
export function later(delayMs: number, reply: ScriptedReply): Late {
  return new Late(delayMs, reply);
}

/** A language model that answers from a script, and remembers what it was asked. */
export interface ScriptedModel extends LanguageModel {
  /** Every request so far, frozen, in order; also those that no reply was scripted for. */
  readonly calls: readonly Omit<ModelRequest, 'signal'>[];
  /**
   * @throws {AssertionError} where a reply was not asked for, or a call came that no reply was scripted for (which the
   * run itself takes for a model that failed, and goes on by rule)
   */
  assertComplete(): void;
}

/**
 * A language model for tests: replies in the order of the script, with no network.
 *
 * @param capabilities what it says it can; it promises nothing by default
 * @example
 * const llm = scriptedModel([{ learners: ['linear'] }, 'no JSON at all', new Error('rate limit')]);
 * await new Trainer({ llm }).run(request).result;
 * llm.assertComplete();
 */
export function scriptedModel(
  script: readonly ScriptedReply[],
  capabilities: LanguageModel['capabilities'] = { structuredOutput: 'none' },
): ScriptedModel {
  const replies = [...script];
  const calls: Omit<ModelRequest, 'signal'>[] = [];
  const unexpected: string[] = [];
  return {
    name: 'scripted',
    capabilities,
    calls,
    async generate(request) {
      const index = calls.length;
      const { system, prompt, schema, tools } = request;
      calls.push(
        Object.freeze({
          system,
          prompt,
          schema: deepFreeze(structuredClone(schema)),
          ...(tools === undefined ? {} : { tools: deepFreeze(structuredClone(tools)) }),
        }),
      );
      if (index >= replies.length) {
        const question = prompt.split('\n', 1)[0];
        const message = `Expected ${replies.length} calls of the scripted model, got call ${index + 1} (${question}).`;
        unexpected.push(message);
        throw new AssertionError({ message, expected: replies.length, actual: index + 1 });
      }
      return toReply(replies[index]!, request);
    },
    assertComplete() {
      if (unexpected.length > 0) throw new AssertionError({ message: unexpected.join('\n') });
      if (calls.length < replies.length) {
        throw new AssertionError({
          message: `Expected ${replies.length} calls of the scripted model, got ${calls.length}.`,
          expected: replies.length,
          actual: calls.length,
        });
      }
    },
  };
}

async function toReply(scripted: ScriptedReply, request: ModelRequest): Promise<ModelReply> {
  if (typeof scripted === 'function') return toReply(await scripted(request), request);
  if (scripted instanceof Late) {
    await delay(scripted.delayMs, request.signal);
    return toReply(scripted.reply, request);
  }
  if (scripted instanceof Error) throw scripted;
  return { text: typeof scripted === 'string' ? scripted : JSON.stringify(scripted) };
}

function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
