import type { TrainerError } from '../core/errors.ts';
import { isRecord } from './is-record.ts';
import { modelError } from './model-error.ts';
import type { ProviderFailure } from './provider-call.ts';

/** The marks that errors of the AI SDK carry, whichever copy of the package made them. */
const anyMark = Symbol.for('vercel.ai.error');
const markOf = (name: string) => Symbol.for(`vercel.ai.error.AI_${name}`);

/** What an error of an AI SDK model says: one that it threw, or one that came as a part of its stream. */
export function explainAiSdkError(name: string, error: unknown): ProviderFailure | TrainerError {
  if (error instanceof StreamError) {
    // What a provider reports inside a stream that has begun: its words, and seldom a status.
    const { value } = error;
    if (value instanceof Error) return explainAiSdkError(name, value);
    const body = isRecord(value) ? value : { message: String(value) };
    const words = [body.code, body.type, isRecord(body.error) ? body.error.type : undefined];
    return { kind: 'answer', body, ...(words.some((word) => typeof word === 'string') ? {} : { status: 500 }) };
  }
  if (hasMark(error, markOf('APICallError'))) {
    const { statusCode, responseHeaders, responseBody, data, message, cause } = error as Readonly<
      Record<string, unknown>
    >;
    if (typeof statusCode !== 'number') return { kind: 'connection' };
    if (statusCode < 400) return { kind: isOfConnection(cause) ? 'connection' : 'unknown' }; // a reply that can't be read
    return {
      kind: 'answer',
      status: statusCode,
      body: isRecord(data) ? data : parsed(responseBody),
      ...(isRecord(responseHeaders) ? { headers: { get: (key) => headerOf(responseHeaders, key) } } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    };
  }
  if (hasMark(error, markOf('LoadAPIKeyError')))
    return modelError('LLM_AUTH', name, 'there is no key for the provider; give it one', { cause: error });
  if (hasMark(error, markOf('NoSuchModelError')) || hasMark(error, markOf('UnsupportedFunctionalityError')))
    return modelError('LLM_FAILED', name, 'the model does not exist, or can not be asked in this way; check its name', {
      cause: error,
    });
  return { kind: isOfConnection(error) ? 'connection' : 'unknown' };
}

/** Whether it is what Node throws where a connection breaks: a cause, and no mark, for marked errors have causes too. */
function isOfConnection(error: unknown): boolean {
  return (
    error instanceof Error && !hasMark(error, anyMark) && (error.cause !== undefined || error.message === 'terminated')
  );
}

/** A part of a stream that says that something went wrong. */
export class StreamError extends Error {
  readonly value: unknown;

  constructor(value: unknown) {
    super('The stream reports an error.');
    this.value = value;
  }
}

function hasMark(error: unknown, mark: symbol): boolean {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[mark] === true;
}

function headerOf(headers: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : null;
}

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // a page, or nothing: the status says enough
  }
}
