import { TrainerError } from '../core/errors.ts';
import type { RetryOptions } from './retrying.ts';

/** Options that all providers over a network have. */
export interface NetworkOptions extends RetryOptions {
  /** Most tokens of a reply. @default 16384 */
  readonly maxOutputTokens?: number;
  /** Reads the reply as it is written, so that one that stalls or grows too long is cut. @default true */
  readonly stream?: boolean;
  /** Milliseconds until the reply begins. @default 60000 */
  readonly timeoutMs?: number;
  /** Milliseconds without a byte once it has begun. @default 60000 */
  readonly idleTimeoutMs?: number;
  /** Milliseconds of one try in all. @default 300000 */
  readonly totalTimeoutMs?: number;
  /** Characters of a reply. @default 200000 */
  readonly maxReplyCharacters?: number;
}

/** {@link NetworkOptions} with nothing left open. */
export type NetworkSettings = Required<Omit<NetworkOptions, keyof RetryOptions>> & RetryOptions;

/** @throws {TrainerError} REQUEST_INVALID for a number that is out of range */
export function networkSettings(what: string, options: NetworkOptions): NetworkSettings {
  const settings = {
    maxOutputTokens: 16_384,
    stream: true,
    timeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    totalTimeoutMs: 300_000,
    maxReplyCharacters: 200_000,
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  } as NetworkSettings;
  for (const name of ['maxOutputTokens', 'timeoutMs', 'idleTimeoutMs', 'totalTimeoutMs', 'maxReplyCharacters'] as const)
    checkCount(what, name, settings[name]);
  const { maxRetries } = settings;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= 10)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected maxRetries of ${what} to be a whole number from 0 to 10, got ${String(maxRetries)}.`,
    );
  }
  return settings;
}

/** @throws {TrainerError} REQUEST_INVALID for an option that is no whole number of at least 1 */
export function checkCount(what: string, name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new TrainerError(
    'REQUEST_INVALID',
    `Expected ${name} of ${what} to be a whole number of at least 1, got ${String(value)}.`,
  );
}

/** Bytes on the wire for a reply of so many characters: each token comes in an event of its own, and the whole once more. */
export function wireBytes(maxReplyCharacters: number): number {
  return 64 * maxReplyCharacters + 1_000_000;
}
