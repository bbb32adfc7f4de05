import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { lingerAfter } from './linger.ts';
import { isUnread, readBody } from './read-body.ts';
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
      if (isLast(core, request.raw)) reply.header('connection', 'close');
      return reply.send(
        typeof answer.body === 'string' ? answer.body : Readable.from(answer.body, { objectMode: false }),
      );
    };
    for (const url of prefix === '' ? ['/*'] : ['', '/*'])
      fastify.route({ method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], url, handler });
  };
}

/**
 * Answers without Fastify's way through hooks and replies, which a request for one prediction would feel. The service
 * answers the same either way.
 *
 * @param defaultHosts - names that the Host header may have where the host of the service named none
 */
export async function answerRaw(
  core: ServiceCore,
  request: IncomingMessage,
  response: ServerResponse,
  defaultHosts: readonly string[] | undefined,
): Promise<void> {
  const { status, headers, body } = await core.handle(toServiceRequest(request, request.url!), defaultHosts);
  const fields: string[] = [];
  for (const name in headers) fields.push(name, headers[name]!);
  if (isLast(core, request)) {
    fields.push('connection', 'close');
    if (isUnread(request)) lingerAfter(request, core.limits.bodyBytes);
  }
  if (typeof body === 'string') {
    fields.push('content-length', String(Buffer.byteLength(body)));
    response.writeHead(status, fields);
    const { socket } = response;
    if (socket === null || socket.writableLength > 0) response.end(body);
    else {
      // One write of one text: `end(body)` would gather the body and an empty end in a list.
      response.write(body);
      socket.uncork();
      response.end();
    }
  } else {
    response.writeHead(status, fields);
    // A client that has gone ends the stream; nobody is left to be told.
    pipeline(Readable.from(body, { objectMode: false }), response, () => undefined);
  }
}

/** Whether the connection ends with this answer: a body that was not read to its end cannot be followed by a request. */
const isLast = (core: ServiceCore, raw: IncomingMessage): boolean => core.isEnding || isUnread(raw);

function toServiceRequest(raw: IncomingMessage, url: string): ServiceRequest {
  return {
    method: raw.method ?? 'GET',
    url,
    header(name) {
      const value = raw.headers[name];
      return typeof value === 'string' ? value : value?.join(', ');
    },
    read: (maxBytes) => readBody(raw, maxBytes),
    stream: () => raw,
  };
}
