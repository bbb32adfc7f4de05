import { TrainerError } from '../core/errors.ts';
import { innerTrainerError } from './guarded-fetch.ts';
import { isRecord } from './is-record.ts';
import type { ModelReply, ModelRequest, ModelTool } from './language-model.ts';
import { modelError, statusError } from './model-error.ts';
import type { NetworkSettings } from './network-options.ts';
import { ReplyText } from './reply-text.ts';
import { FailedTry, retryAfterMs, retrying } from './retrying.ts';
import type { StrictSchema } from './strict-schema.ts';

/** One try of a call. */
export interface ProviderTry {
  /** Provider and model, for errors. */
  readonly name: string;
  readonly system: string;
  readonly prompt: string;
  /** Undefined where the schema is in the prompt alone. */
  readonly strict: StrictSchema | undefined;
  /** Tools that the model may call by the provider's protocol. */
  readonly tools: readonly ModelTool[];
  readonly stream: boolean;
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
}

/** What a provider's client says of a failure, in words of no vendor. */
export interface ProviderFailure {
  /** `unknown` is what a client throws over a reply that it could not read. */
  readonly kind: 'answer' | 'timeout' | 'connection' | 'unknown';
  /** The HTTP status, where there was one. */
  readonly status?: number;
  /** The body of the answer, parsed. */
  readonly body?: unknown;
  readonly headers?: { get(name: string): string | null };
  readonly message?: string;
}

/** How one provider is asked. */
export interface Provider {
  readonly strict: StrictSchema | undefined;
  /** Makes one try, and reads the reply into `text`. */
  send(attempt: ProviderTry, text: ReplyText): Promise<ModelReply>;
  /** What an error of the provider's client says, or the error of this library that it stands for. */
  explain(error: unknown): ProviderFailure | TrainerError;
}

/**
 * One call with its tries. Its error, whatever the vendor's client made of it, becomes one of this library; its reply is
 * brought back from the strict form to that of the request's schema.
 *
 * @throws {TrainerError} with a code of the table that begins with `LLM_`
 */
export async function callProvider(
  name: string,
  request: ModelRequest,
  settings: NetworkSettings,
  provider: Provider,
): Promise<ModelReply> {
  const { strict } = provider;
  const maxOutputTokens = Math.min(settings.maxOutputTokens, request.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  const { system, prompt, tools = [] } = request;
  const reply = await retrying(request, settings, async () => {
    const text = new ReplyText(name, settings.maxReplyCharacters);
    const over = new AbortController();
    const late = modelError('LLM_TIMEOUT', name, `the reply was not complete after ${settings.totalTimeoutMs} ms`);
    const timer = setTimeout(() => over.abort(late), settings.totalTimeoutMs);
    const signal = AbortSignal.any([request.signal, over.signal]);
    try {
      const { stream } = settings;
      const answer = await provider.send(
        { name, system, prompt, strict, tools, stream, maxOutputTokens, signal },
        text,
      );
      signal.throwIfAborted(); // the vendors' clients end an aborted stream as if it were complete
      return answer;
    } catch (error) {
      request.signal.throwIfAborted();
      throw new FailedTry(over.signal.aborted ? late : asModelError(name, error, provider), text.value !== '');
    } finally {
      clearTimeout(timer);
    }
  });
  return strict === undefined ? reply : { ...reply, text: strict.restore(reply.text) };
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

function asModelError(name: string, error: unknown, provider: Provider): TrainerError {
  const inner = innerTrainerError(error);
  if (inner !== undefined) return inner;
  const failure = provider.explain(error);
  if (TrainerError.isInstance(failure)) return failure;
  const { kind, status, body, headers, message } = failure;
  if (kind === 'timeout') return modelError('LLM_TIMEOUT', name, 'no reply began in time', { cause: error });
  if (kind === 'connection')
    return modelError('LLM_UNAVAILABLE', name, 'the connection failed; check the address and the network', {
      cause: error,
    });
  if (kind === 'unknown')
    return modelError('LLM_MALFORMED', name, 'the reply is not of the protocol', { cause: error });
  const nested = isRecord(body) && isRecord(body.error) ? body.error : isRecord(body) ? body : {};
  const words = [nested.code, nested.type].filter((word) => typeof word === 'string');
  const wait = retryAfterMs(headers, Date.now());
  return statusError(name, {
    status: status ?? words.map((word) => statusOfType[word]).find(Boolean) ?? 400,
    type: words[0] ?? '',
    message: String(nested.message ?? message ?? ''),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    cause: error,
  });
}
