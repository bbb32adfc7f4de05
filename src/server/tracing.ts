import { TrainerError } from '../core/errors.ts';

/** Runs the work of one request inside a span. */
export type Traced = <T extends { readonly status: number }>(
  about: {
    readonly method: string;
    readonly route: string;
    readonly requestId: string;
    header(name: string): string | undefined;
  },
  work: () => Promise<T>,
) => Promise<T>;

/**
 * Spans of OpenTelemetry, by the tracer provider that the host has registered; a span goes on from the `traceparent` of
 * its request. Attributes are of HTTP alone: no value of a record is one.
 *
 * @throws {TrainerError} PEER_MISSING where `@opentelemetry/api` is not installed
 */
export async function createTracing(): Promise<Traced> {
  const api = await import('@opentelemetry/api').catch((cause: unknown) => {
    throw new TrainerError(
      'PEER_MISSING',
      'Tracing needs the package @opentelemetry/api. Install it with: npm i @opentelemetry/api',
      { cause, details: { package: '@opentelemetry/api' } },
    );
  });
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const tracer = trace.getTracer('traineragent');
  const getter = {
    get: (carrier: { header(name: string): string | undefined }, key: string) => carrier.header(key.toLowerCase()),
    keys: () => [],
  };
  return (about, work) =>
    tracer.startActiveSpan(
      `${about.method} ${about.route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': about.method,
          'http.route': about.route,
          'traineragent.request.id': about.requestId,
        },
      },
      // Handed over, not made the active one: a host without a context manager has none.
      propagation.extract(context.active(), about, getter),
      async (span) => {
        try {
          const done = await work();
          span.setAttribute('http.response.status_code', done.status);
          if (done.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          return done;
        } finally {
          span.end();
        }
      },
    );
}
