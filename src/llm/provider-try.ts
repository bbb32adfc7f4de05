import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import { innerTrainerError } from './guarded-fetch.ts';
import { isRecord } from './is-record.ts';
import type { ModelReply, ModelRequest } from './language-model.ts';
import { modelError, statusError } from './model-error.ts';
import { FailedTry, type RetryOptions, retryAfterMs, retrying } from './retrying.ts';

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
  const wholes = ['maxOutputTokens', 'timeoutMs', 'idleTimeoutMs', 'totalTimeoutMs', 'maxReplyCharacters'] as const;
  for (const name of wholes) {
    if (Number.isInteger(settings[name]) && settings[name] > 0) continue;
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected ${name} of ${what} to be a whole number of at least 1, got ${String(settings[name])}.`,
    );
  }
  const { maxRetries } = settings;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0 && maxRetries <= 10)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected maxRetries of ${what} to be a whole number from 0 to 10, got ${String(maxRetries)}.`,
    );
  }
  return settings;
}

/** Bytes on the wire for a reply of so many characters: each token comes in an event of its own, and the whole once more. */
export function wireBytes(maxReplyCharacters: number): number {
  return 64 * maxReplyCharacters + 1_000_000;
}

/** The text of a reply while it arrives. */
export class ReplyText {
  readonly #name: string;
  readonly #limit: number;
  #text = '';

  constructor(name: string, limit: number) {
    this.#name = name;
    this.#limit = limit;
  }

  /** @throws {TrainerError} LLM_REPLY_TOO_LONG */
  add(piece: unknown): void {
    if (typeof piece !== 'string') return;
    if (this.#text.length + piece.length > this.#limit)
      throw modelError(
        'LLM_REPLY_TOO_LONG',
        this.#name,
        `the reply grew past ${this.#limit} characters and was stopped`,
      );
    this.#text += piece;
  }

  get value(): string {
    return this.#text;
  }
}

/** The classes of a vendor's client that say why a call failed. */
export interface VendorErrors {
  readonly APIConnectionError: new (...args: never[]) => Error;
  readonly APIConnectionTimeoutError: new (...args: never[]) => Error;
}

/**
 * One call with its tries. `send` makes one try: it reads the reply into `text`, and its error, whatever the vendor's client
 * made of it, becomes one of this library.
 *
 * @throws {TrainerError} with a code of the table that begins with `LLM_`
 */
export function callProvider(
  name: string,
  request: ModelRequest,
  settings: NetworkSettings,
  vendor: VendorErrors,
  send: (text: ReplyText, signal: AbortSignal) => Promise<ModelReply>,
): Promise<ModelReply> {
  return retrying(request, settings, async () => {
    const text = new ReplyText(name, settings.maxReplyCharacters);
    const over = new AbortController();
    const late = modelError('LLM_TIMEOUT', name, `the reply was not complete after ${settings.totalTimeoutMs} ms`);
    const timer = setTimeout(() => over.abort(late), settings.totalTimeoutMs);
    const signal = AbortSignal.any([request.signal, over.signal]);
    try {
      const reply = await send(text, signal);
      signal.throwIfAborted(); // the vendors' clients end an aborted stream as if it were complete
      return reply;
    } catch (error) {
      request.signal.throwIfAborted();
      throw new FailedTry(over.signal.aborted ? late : asModelError(name, error, vendor), text.value !== '');
    } finally {
      clearTimeout(timer);
    }
  });
}

/** Kinds of errors that come inside a stream, as the status they would have had. */
const statusOfType: Readonly<Record<string, number>> = {
  authentication_error: 401,
  permission_error: 403,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

function asModelError(name: string, error: unknown, vendor: VendorErrors): TrainerError {
  const inner = innerTrainerError(error);
  if (inner !== undefined) return inner;
  if (error instanceof vendor.APIConnectionTimeoutError)
    return modelError('LLM_TIMEOUT', name, 'no reply began in time', { cause: error });
  const {
    status,
    error: body,
    headers,
    message,
  } = error as {
    status?: unknown;
    error?: unknown;
    headers?: Headers;
    message?: unknown;
  };
  if (typeof status === 'number' || isRecord(body)) {
    const nested = isRecord(body) && isRecord(body.error) ? body.error : isRecord(body) ? body : {};
    const words = [nested.code, nested.type].filter((word) => typeof word === 'string');
    const wait = retryAfterMs(headers, Date.now());
    return statusError(name, {
      status: typeof status === 'number' ? status : (words.map((word) => statusOfType[word]).find(Boolean) ?? 400),
      type: words[0] ?? '',
      message: String(nested.message ?? message ?? ''),
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
      cause: error,
    });
  }
  // A connection that breaks while a body is read is an error of Node's own, with a cause.
  const isConnection =
    error instanceof vendor.APIConnectionError ||
    (error instanceof Error && (error.cause !== undefined || error.message === 'terminated'));
  return isConnection
    ? modelError('LLM_UNAVAILABLE', name, 'the connection failed; check the address and the network', { cause: error })
    : modelError('LLM_MALFORMED', name, 'the reply is not of the protocol', { cause: error });
}

/** A package that does not load: the line to type where it is not there, else what it said. */
export function peerMissing(packageName: string, cause: unknown): TrainerError {
  const { code } = (cause ?? {}) as { code?: unknown };
  const isThere = code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND';
  return new TrainerError(
    'PEER_MISSING',
    isThere
      ? `Expected the package ${packageName} to load, but: ${errorText(cause)}. Install a version for Node ${process.version}: npm install ${packageName}`
      : `Expected the package ${packageName} to be installed. Type: npm install ${packageName}`,
    { cause, details: { package: packageName } },
  );
}
