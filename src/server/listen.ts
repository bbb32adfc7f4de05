import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { TrainerError } from '../core/errors.ts';
import { type ProblemCode, problemJson, problemTable } from '../tools/serve/problems.ts';
import { fastifyPlugin } from './fastify-plugin.ts';
import { loopbackNames } from './guard.ts';
import type { ServiceCore } from './service.ts';

/** Where and how to listen. */
export interface ListenOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Beyond loopback, keys are needed. @default '127.0.0.1' */
  readonly host?: string;
  /** Listens beyond loopback without keys: whoever reaches the port may predict. @default false */
  readonly insecure?: boolean;
  /** How long `close` waits for requests under way before it cuts them. @default 10_000 */
  readonly graceMs?: number;
}

/** A service that listens: where, and how to end it. */
export interface Deployment {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, answers what is under way, then closes; calling it again waits for the same end. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long connections are still taken after `close` where they keep coming. */
const acceptMs = 1_000;
/** How long a connection without a request may still send one after `close`. */
const idleMs = 500;

/**
 * Serves on Fastify. Beyond loopback it listens only where there are keys.
 *
 * @throws {TrainerError} SERVE_FAILED where the port is taken, or the host is beyond loopback and there are no keys.
 */
export async function listen(core: ServiceCore, hasKeys: boolean, options: ListenOptions = {}): Promise<Deployment> {
  const { port = 0, host = '127.0.0.1', graceMs = 10_000, insecure = false } = options;
  if (!hasKeys && !insecure && !loopbackNames.includes(host)) {
    throw new TrainerError(
      'SERVE_FAILED',
      `Expected keys to listen on "${host}", which others may reach; got none. Make one with "traineragent key" and give its file with --keys, or stay on 127.0.0.1.`,
      { details: { host } },
    );
  }
  const { default: fastify } = await import('fastify');
  const { limits } = core;
  const sockets = new Set<Socket>();
  let taken = 0;
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
          if (request.method === 'POST' && core.isFull()) refuseEarly(core, request, response);
          else handler(request, response);
        },
      );
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        taken++;
        socket.once('close', () => sockets.delete(socket));
      });
      return server;
    },
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).header('content-type', 'application/problem+json').send(problemJson('NOT_FOUND'));
  });
  await app.register(fastifyPlugin(core, hasKeys || !loopbackNames.includes(host) ? undefined : loopbackNames));
  try {
    await app.listen({ port, host });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint =
      code === 'EADDRINUSE'
        ? 'it is in use; choose another with --port, or 0 for a free one'
        : (code ?? 'unknown reason');
    await app.close();
    throw new TrainerError('SERVE_FAILED', `Could not listen on ${host}, port ${port}: ${hint}.`, {
      cause,
      details: { host, port },
    });
  }
  const server = app.server as Server;
  const address = server.address() as { address: string; family: string; port: number };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= drain(core, server, sockets, () => taken, graceMs).then(() => app.close());
    return closed;
  };
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, port: address.port, close, [Symbol.asyncDispose]: close };
}

/**
 * Stops accepting, and ends each connection with its next answer. Connections are not cut while they are idle at that
 * moment: a request may be on its way on them.
 */
async function drain(
  core: ServiceCore,
  server: Server,
  sockets: ReadonlySet<Socket>,
  taken: () => number,
  graceMs: number,
): Promise<void> {
  core.drain();
  const started = performance.now();
  // What has connected already waits in the system's queue, from which the loop takes one connection a turn.
  for (let quietTurns = 0; quietTurns < 5 && performance.now() - started < acceptMs; ) {
    const before = taken();
    await new Promise((resolve) => setImmediate(resolve));
    quietTurns = taken() === before ? quietTurns + 1 : 0;
  }
  // HTTP's own `close` would end idle connections at once.
  NetServer.prototype.close.call(server);
  for (;;) {
    const waited = performance.now() - started;
    if (sockets.size === 0) return;
    if (core.inFlight === 0 && waited >= idleMs) break;
    if (waited >= graceMs) {
      server.closeAllConnections();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  server.closeIdleConnections();
}

const busyBody = problemJson('BUSY');
const busyHeaders = {
  'content-type': 'application/problem+json',
  'cache-control': 'no-store',
  'retry-after': '1',
  'content-length': String(Buffer.byteLength(busyBody)),
};

/** Refuses before anything is parsed: a service with too much to do must not do more to say so. */
function refuseEarly(core: ServiceCore, request: IncomingMessage, response: ServerResponse): void {
  core.refused();
  response.writeHead(429, core.isDraining ? { ...busyHeaders, connection: 'close' } : busyHeaders);
  response.end(busyBody);
  request.resume();
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
