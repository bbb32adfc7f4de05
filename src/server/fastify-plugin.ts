import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceCore } from './service.ts';
import type { ServiceRequest } from './service-request.ts';

/**
 * The service as a plug-in of Fastify 5: `fastify.register(service.fastify, { prefix: '/churn' })`. Hooks of the host see
 * its requests; its body parsers do not.
 */
export function fastifyPlugin(core: ServiceCore, defaultHosts?: readonly string[]): FastifyPluginAsync {
  return async (fastify) => {
    fastify.removeAllContentTypeParsers();
    // The service reads bodies itself: limits, back-pressure and problems are its own.
    // The first by its whole name: it is found without a search.
    for (const type of ['application/json', '*'])
      fastify.addContentTypeParser(type, (_request, _payload, done) => done(null));
    const { prefix } = fastify;
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const answer = await core.handle(
        toServiceRequest(request.raw, request.raw.url!.slice(prefix.length) || '/'),
        defaultHosts,
      );
      reply.code(answer.status).headers(answer.headers);
      // A body that was not read to its end cannot be followed by another request on the same connection.
      if (core.isDraining || (!request.raw.complete && request.raw.method !== 'GET'))
        reply.header('connection', 'close');
      return reply.send(
        typeof answer.body === 'string' ? answer.body : Readable.from(answer.body, { objectMode: false }),
      );
    };
    for (const url of prefix === '' ? ['/*'] : ['', '/*'])
      fastify.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], url, handler });
  };
}

function toServiceRequest(raw: IncomingMessage, url: string): ServiceRequest {
  return {
    method: raw.method ?? 'GET',
    url,
    header(name) {
      const value = raw.headers[name];
      return typeof value === 'string' ? value : value?.join(', ');
    },
    read: (maxBytes) => readAll(raw, maxBytes),
    stream: () => raw,
  };
}

/** The bytes of a body; events cost a fraction of what an asynchronous iterator does. */
function readAll(raw: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let length = 0;
    const off = (): void => {
      raw.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    };
    const onData = (part: Uint8Array): void => {
      length += part.length;
      if (length <= maxBytes) parts.push(part);
      else {
        off();
        // What still comes is left in the socket, which is closed after the answer.
        raw.pause();
        resolve(undefined);
      }
    };
    const onEnd = (): void => {
      off();
      resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts));
    };
    const onClose = (): void => {
      off();
      reject(new Error('The client has gone.'));
    };
    raw.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
