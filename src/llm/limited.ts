import { TrainerError } from '../core/errors.ts';
import type { LanguageModel } from './language-model.ts';
import { pause } from './retrying.ts';
import { abortable } from './within.ts';

/** Options of {@link limited}. */
export interface LimitOptions {
  /** Calls that begin within any 60 seconds. @default no limit */
  readonly requestsPerMinute?: number;
  /** Calls at the same time. @default no limit */
  readonly concurrency?: number;
  /** Milliseconds from any start, never going back. @default the system's */
  readonly now?: () => number;
  /** Waits. @default by timer */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

const minuteMs = 60_000;

/**
 * A model that is called at most so often, and by at most so many at once; further calls wait in their order. One limited
 * model may serve several trainers, which then share the limits.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function limited(model: LanguageModel, options: LimitOptions): LanguageModel {
  const { now = () => performance.now(), sleep = pause } = options;
  for (const name of ['requestsPerMinute', 'concurrency'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${name} to be a whole number of at least 1, got ${String(value)}.`,
      );
  }
  const { requestsPerMinute = Number.POSITIVE_INFINITY, concurrency = Number.POSITIVE_INFINITY } = options;
  const starts: number[] = [];
  let running = 0;
  let onEnd: (() => void) | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  /** Waits for its turn, then for the limits. */
  const start = async (signal: AbortSignal): Promise<void> => {
    const before = queue;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    queue = before.then(() => left);
    try {
      await abortable(before, signal);
      while (running >= concurrency) {
        await abortable(
          new Promise<void>((resolve) => {
            onEnd = resolve;
          }),
          signal,
        );
      }
      for (;;) {
        while (starts.length > 0 && now() - starts[0]! >= minuteMs) starts.shift();
        if (starts.length < requestsPerMinute) break;
        await sleep(Math.max(1, Math.ceil(starts[0]! + minuteMs - now())), signal);
      }
      signal.throwIfAborted();
      starts.push(now());
      running++;
    } finally {
      leave();
    }
  };

  return {
    name: model.name,
    capabilities: model.capabilities,
    async generate(request) {
      await start(request.signal);
      try {
        return await model.generate(request);
      } finally {
        running--;
        onEnd?.();
      }
    },
  };
}
