import { TrainerError } from '../core/errors.ts';
import { modelError } from './model-error.ts';
import { within } from './within.ts';

/** What a reply may take on the wire. */
export interface WireLimits {
  /** Milliseconds without a byte after which a reply is cut. */
  readonly idleTimeoutMs: number;
  /** Bytes of a body, with all of the protocol, after which it is stopped. */
  readonly maxBytes: number;
}

/**
 * `fetch` whose bodies end with a typed error where they stall or grow past their limit: below the vendor's parser, so that
 * one endless line or an error page of gigabytes is stopped too. No redirect is followed: a key goes to one host alone.
 */
export function guardedFetch(name: string, limits: WireLimits): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: 'error' });
    if (response.body === null) return response;
    return new Response(guard(response.body, name, limits), {
      status: response.status,
      statusText: response.statusText,
      headers: response.headers,
    });
  };
}

function guard(body: ReadableStream<Uint8Array>, name: string, limits: WireLimits): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await within(reader.read(), limits.idleTimeoutMs, () =>
          modelError('LLM_TIMEOUT', name, `the reply stalled: no byte for ${limits.idleTimeoutMs} ms`),
        );
        if (done) return controller.close();
        bytes += value.byteLength;
        if (bytes > limits.maxBytes)
          throw modelError('LLM_REPLY_TOO_LONG', name, `the reply grew past ${limits.maxBytes} bytes and was stopped`);
        controller.enqueue(value);
      } catch (error) {
        controller.error(error);
        reader.cancel().catch(() => undefined); // the connection is closed as well as can be
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** The error of this library that a vendor's client wrapped in its own, if there is one. */
export function innerTrainerError(error: unknown): TrainerError | undefined {
  let inner = error;
  for (let depth = 0; depth < 5 && inner instanceof Error; depth++) {
    if (TrainerError.isInstance(inner)) return inner;
    inner = inner.cause;
  }
  return undefined;
}
