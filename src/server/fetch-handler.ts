import { BodyBuffer } from './body-buffer.ts';
import { problemAnswer } from './call.ts';
import type { ServiceCore } from './service.ts';
import type { ServiceAnswer, ServiceRequest } from './service-request.ts';

/**
 * The service as a function from Request to Response, for any framework that speaks Fetch.
 *
 * @param prefix - path below which the service is mounted, without a slash at its end
 */
export function fetchHandler(core: ServiceCore, prefix = ''): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const isBelow = pathname === prefix || pathname.startsWith(`${prefix}/`);
    if (!isBelow) return toResponse(problemAnswer('NOT_FOUND'), request);
    return toResponse(
      await core.handle(toServiceRequest(request, `${pathname.slice(prefix.length) || '/'}${search}`)),
      request,
    );
  };
}

function toServiceRequest(request: Request, url: string): ServiceRequest {
  return {
    method: request.method,
    url,
    // Requests that were made by a program have their host in their address alone.
    header: (name) => request.headers.get(name) ?? (name === 'host' ? new URL(request.url).host : undefined),
    async read(maxBytes) {
      const body = new BodyBuffer(maxBytes);
      for await (const part of bytesOf(request)) if (!body.add(part)) return undefined;
      return body.bytes;
    },
    stream: () => bytesOf(request),
  };
}

async function* bytesOf(request: Request): AsyncGenerator<Uint8Array> {
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Who stops reading does not wait for the rest; a client that has gone may make this reject, which changes nothing.
    reader.cancel().catch(() => undefined);
  }
}

function toResponse({ status, headers, body }: ServiceAnswer, request: Request): Response {
  if (request.method === 'HEAD') return new Response(null, { status, headers });
  if (typeof body === 'string') return new Response(body, { status, headers });
  const iterator = body[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  return new Response(stream, { status, headers });
}
