import { type ErrorCode, TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import { redact } from '../core/helpers/redact.ts';
import { isRecord } from './is-record.ts';
import type { ModelUsage } from './language-model.ts';

/** What is known of a call that failed. */
export interface ModelFailure {
  readonly status?: number;
  /** The provider's own word for what happened. */
  readonly reason?: string;
  readonly retryAfterMs?: number;
  /** Tokens that the failed try took, where the provider said so. */
  readonly usage?: ModelUsage;
  readonly cause?: unknown;
}

/** What can be done, by code; a message that says so itself has it behind a semicolon. */
const remedies: Partial<Readonly<Record<ErrorCode, string>>> = {
  LLM_RATE_LIMIT: 'wait, or use fewer calls',
  LLM_UNAVAILABLE: 'try again later',
  LLM_TIMEOUT: 'raise its limit of time, or use a faster model',
  LLM_REFUSED: 'reword the request, or use another model',
  LLM_CONTENT_FILTER: 'reword the request, or use another provider',
  LLM_MALFORMED: 'try again; where it stays so, check the address and what stands between',
  LLM_REPLY_TOO_LONG: 'raise its limit, or use another model',
};

function withRemedy(code: ErrorCode, message: string): string {
  const remedy = remedies[code];
  return remedy === undefined || message.includes(';') ? message : `${message}; ${remedy}`;
}

/** An error of a language model: the code says what, the message says what to do. Keys and replies are never in it. */
export function modelError(code: ErrorCode, name: string, message: string, failure: ModelFailure = {}): TrainerError {
  const { status, reason, retryAfterMs, usage } = failure;
  return new TrainerError(code, `${name}: ${withRemedy(code, message)}`, {
    // Not the vendor's error itself: it holds headers, and with them keys.
    ...(failure.cause === undefined ? {} : { cause: plainCause(failure.cause) }),
    details: {
      model: name,
      ...(status === undefined ? {} : { status }),
      ...(reason === undefined ? {} : { reason: remoteText(reason) }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(usage === undefined ? {} : { usage }),
    },
  });
}

/** The error of an HTTP status, by what the provider's body says. */
export function statusError(
  name: string,
  answer: {
    readonly status: number;
    /** Lower-cased words of the provider for the kind of error. */
    readonly type: string;
    readonly message: string;
    readonly retryAfterMs?: number;
    readonly cause?: unknown;
  },
): TrainerError {
  const { status, type } = answer;
  const failure: ModelFailure = {
    status,
    reason: type,
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    ...(answer.cause === undefined ? {} : { cause: answer.cause }),
  };
  const said = remoteText(answer.message);
  const make = (code: ErrorCode, what: string) =>
    modelError(code, name, `${withRemedy(code, what)} (HTTP ${status}${said === '' ? '' : `: ${said}`})`, failure);
  if (status === 401 || status === 403)
    return make('LLM_AUTH', 'the provider does not accept the key; check it, and that it may use this model');
  if (
    status === 413 ||
    /context_length|context window|context.size|too long|too many tokens/i.test(`${type} ${answer.message}`)
  )
    return make('LLM_CONTEXT_TOO_LONG', 'the question is too long for this model; use one with a larger context');
  if (/content_filter|content_policy|content management/i.test(`${type} ${answer.message}`))
    return make('LLM_CONTENT_FILTER', 'a filter of the provider stopped the question');
  if (status === 429 || (status === 402 && /quota|billing|credit/i.test(`${type} ${answer.message}`)))
    return make('LLM_RATE_LIMIT', 'the provider allows no more calls for now');
  if (status === 408) return make('LLM_TIMEOUT', 'the provider gave up waiting');
  if (status === 409 || status >= 500)
    return make('LLM_UNAVAILABLE', 'the provider can not answer now; try again later');
  return make(
    'LLM_FAILED',
    status === 404
      ? 'there is no such model or address; check the name of the model and the address'
      : 'the provider refused the request; read what it says, and correct that',
  );
}

/** Words of a provider, which are not ours: one line, no keys, at most 200 characters. */
function remoteText(text: string, most = 200): string {
  return redact(text.slice(0, 2000))
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}

/** What a model threw, in words that may be kept and shown: any object may be a model, and its errors hold what they will. */
export function modelErrorText(error: unknown): string {
  return remoteText(errorText(error), 500);
}

function plainCause(cause: unknown): Error {
  return new Error(remoteText(errorText(cause)));
}

/** Tokens as a provider's JSON tells them, where they are whole numbers. */
export function usageOf(input: unknown, output: unknown, cached: unknown): ModelUsage | undefined {
  if (!isCount(input) || !isCount(output)) return undefined;
  return { inputTokens: input, outputTokens: output, ...(isCount(cached) ? { cachedInputTokens: cached } : {}) };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The sum of what two tries took; undefined where neither said. */
export function addUsage(a: ModelUsage | undefined, b: ModelUsage | undefined): ModelUsage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const cached = a.cachedInputTokens ?? b.cachedInputTokens;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached === undefined ? {} : { cachedInputTokens: (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0) }),
  };
}

/** The tokens that an error says it took. */
export function usageOfError(error: unknown): ModelUsage | undefined {
  if (!TrainerError.isInstance(error)) return undefined;
  const { usage } = error.details;
  return isRecord(usage) ? usageOf(usage.inputTokens, usage.outputTokens, usage.cachedInputTokens) : undefined;
}

/** The tries before the last one that an error says there were. */
export function retriesOfError(error: unknown): number {
  const retries = TrainerError.isInstance(error) ? error.details.retries : 0;
  return isCount(retries) ? retries : 0;
}
