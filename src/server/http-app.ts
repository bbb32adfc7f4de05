import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type ProblemCode, problemJson, problemTable } from '../tools/serve/problems.ts';
import { AcceptFirst } from './accept-first.ts';
import type { Door } from './door.ts';
import { answerRaw, fastifyPlugin } from './fastify-plugin.ts';
import { lingerAfter } from './linger.ts';
import { noteRequest, refuseEarly } from './refuse-early.ts';
import type { ServiceCore } from './service.ts';

/** What has come in so far. */
export interface Arrivals {
  connections: number;
  requests: number;
  lastRequestAt: number;
}

/** Fastify on a server of our own that does not listen yet. */
export interface HttpApp {
  readonly app: FastifyInstance;
  /** Its servers: "localhost" may have two addresses. */
  readonly servers: readonly Server[];
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  readonly arrivals: Arrivals;
  /** Has another core answer predictions from here on. */
  answerBy(core: ServiceCore): void;
  /** Has a door shut in an overload. */
  behind(door: Door): void;
}

/** @param defaultHosts - names that the Host header may have where the host of the service named none */
export async function createHttpApp(core: ServiceCore, defaultHosts: readonly string[] | undefined): Promise<HttpApp> {
  const { default: fastify } = await import('fastify');
  const { limits } = core;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const arrivals: Arrivals = { connections: 0, requests: 0, lastRequestAt: 0 };
  const acceptFirst = new AcceptFirst(sockets);
  let answering = core;
  let door: Door | undefined;
  const app = fastify({
    logger: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    clientErrorHandler: (error, socket) => refuseRaw(socket, problemOf((error as NodeJS.ErrnoException).code)),
    frameworkErrors: (_error, _request, reply) => {
      reply.raw.writeHead(400, { 'content-type': 'application/problem+json' }).end(problemJson('REQUEST_MALFORMED'));
    },
    serverFactory(handler) {
      const server = createServer(
        {
          maxHeaderSize: limits.headerBytes,
          headersTimeout: limits.headersMs,
          // Bodies have a time of their own, which streams may pass.
          requestTimeout: 0,
          keepAliveTimeout: 72_000,
          connectionsCheckingInterval: Math.min(1000, limits.headersMs),
          insecureHTTPParser: false,
          requireHostHeader: false,
        },
        (request, response) => {
          arrivals.requests++;
          arrivals.lastRequestAt = performance.now();
          noteRequest(request, response);
          if (hasTwoHosts(request.rawHeaders)) refuseRaw(request.socket, 'REQUEST_MALFORMED');
          else if (isLoad(request) && answering.isFull()) refuseEarly(answering, door, request, response);
          else if (isPrediction(request))
            answerRaw(answering, request, response, defaultHosts).catch(() => response.destroy());
          else {
            if (request.method !== 'GET') lingerAfter(request, limits.bodyBytes);
            handler(request, response);
          }
        },
      );
      servers.push(server);
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        arrivals.connections++;
        acceptFirst.note(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      return server;
    },
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).header('content-type', 'application/problem+json').send(problemJson('NOT_FOUND'));
  });
  await app.register(fastifyPlugin(core, defaultHosts));
  return {
    app: app as unknown as FastifyInstance,
    servers,
    sockets,
    arrivals,
    answerBy(other) {
      answering = other;
    },
    behind(own) {
      door = own;
    },
  };
}

/** The request that nearly all others are: JSON to predict. It goes straight to the service, all others by Fastify. */
const isPrediction = ({ method, url, headers }: IncomingMessage): boolean =>
  method === 'POST' && url === '/v1/predict' && headers['content-type'] === 'application/json';

/** Whether a request may be refused in an overload: what an operator changes may be what ends it. */
const isLoad = ({ method, url }: IncomingMessage): boolean => method === 'POST' && !url?.startsWith('/v1/labels');

/** Of two Host headers a proxy may have looked at the other (RFC 9112, section 3.2). */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') hosts++;
  return hosts > 1;
}

function problemOf(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'REQUEST_TIMEOUT';
  return 'REQUEST_MALFORMED';
}

/** An answer to what is not HTTP. */
function refuseRaw(socket: Socket, code: ProblemCode): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const body = problemJson(code);
  const { status } = problemTable[code];
  socket.end(
    `HTTP/1.1 ${status} Error\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
