import { randomInt } from 'node:crypto';
import { TrainerError } from '../core/errors.ts';
import type { ModelReply, ModelRequest, ModelUsage } from './language-model.ts';
import { addUsage, usageOfError } from './model-error.ts';

/** How often and after which pauses a call is tried again. */
export interface RetryOptions {
  /** Tries after the first. @default 2 */
  readonly maxRetries?: number;
  /** The first pause in milliseconds; each next one is twice as long, at most 8 s. @default 500 */
  readonly retryDelayMs?: number;
  /** The longest pause that a provider may ask for (retry-after); a longer one ends the call. @default 30000 */
  readonly maxRetryAfterMs?: number;
  /** Uniform in [0, 1), for the jitter. @default by chance */
  readonly random?: () => number;
  /** Waits. @default by timer */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A try that failed, and whether anything of an answer had come: then it was paid, and is not made again. */
export class FailedTry extends Error {
  readonly error: TrainerError;
  readonly hasBegun: boolean;

  constructor(error: TrainerError, hasBegun: boolean) {
    super(error.message);
    this.error = error;
    this.hasBegun = hasBegun;
  }
}

const worthAnother = new Set(['LLM_RATE_LIMIT', 'LLM_UNAVAILABLE', 'LLM_TIMEOUT']);
const longestPauseMs = 8000;

/**
 * Tries until one succeeds. Tried again are: limits, overload, time-outs and broken connections, as long as nothing of an
 * answer had arrived; anything else, and a second look at an answer that was paid for, is not ours to repeat.
 *
 * @throws {TrainerError} of the last try, with `details.retries` and the usage of all
 */
export async function retrying(
  request: ModelRequest,
  options: RetryOptions,
  attempt: () => Promise<ModelReply>,
): Promise<ModelReply> {
  const { maxRetries = 2, retryDelayMs = 500, maxRetryAfterMs = 30_000, random = chance, sleep = pause } = options;
  let spent: ModelUsage | undefined;
  for (let retries = 0; ; retries++) {
    try {
      const reply = await attempt();
      const usage = addUsage(spent, reply.usage);
      return { ...reply, ...(usage === undefined ? {} : { usage }), ...(retries > 0 ? { retries } : {}) };
    } catch (thrown) {
      request.signal.throwIfAborted();
      const error = thrown instanceof FailedTry ? thrown.error : thrown;
      if (!TrainerError.isInstance(error)) throw error;
      spent = addUsage(spent, usageOfError(error));
      const retryAfterMs = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : 0;
      const mayTry =
        thrown instanceof FailedTry &&
        !thrown.hasBegun &&
        worthAnother.has(error.code) &&
        error.details.reason !== 'insufficient_quota' &&
        retryAfterMs <= maxRetryAfterMs;
      if (!mayTry || retries >= maxRetries) throw withHistory(error, retries, spent);
      // Full jitter: clients that failed together do not come back together.
      const backOff = Math.min(longestPauseMs, retryDelayMs * (1 << Math.min(retries, 10)));
      await sleep(retryAfterMs + Math.round(backOff * random()), request.signal);
    }
  }
}

function withHistory(error: TrainerError, retries: number, usage: ModelUsage | undefined): TrainerError {
  if (retries === 0 && usage === undefined) return error;
  return new TrainerError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, retries, ...(usage === undefined ? {} : { usage }) },
  });
}

function chance(): number {
  return randomInt(0x1000000) / 0x1000000;
}

/** Waits; throws the signal's reason where it is aborted before. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, milliseconds);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * The pause that a provider asks for, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date.
 *
 * Source: RFC 9110, section 10.2.3.
 */
export function retryAfterMs(
  headers: { get(name: string): string | null } | undefined,
  now: number,
): number | undefined {
  const exact = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const text = headers?.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined;
  const at = new Date(text).getTime();
  return Number.isFinite(at) ? Math.max(0, at - now) : undefined;
}
