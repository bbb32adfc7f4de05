import { createServer, type IncomingMessage, type Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { TrainerError } from '../core/errors.ts';
import { type ProblemCode, problemJson, problemTable } from '../tools/serve/problems.ts';
import { answerRaw, fastifyPlugin } from './fastify-plugin.ts';
import { loopbackNames } from './guard.ts';
import { noteRequest, refuseEarly } from './refuse-early.ts';
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
  const arrivals: Arrivals = { connections: 0, requests: 0, lastRequestAt: 0 };
  const defaultHosts = hasKeys || !loopbackNames.includes(host) ? undefined : loopbackNames;
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
          else if (isLoad(request) && core.isFull()) refuseEarly(core, request, response);
          else if (isPrediction(request))
            answerRaw(core, request, response, defaultHosts).catch(() => response.destroy());
          else handler(request, response);
        },
      );
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        arrivals.connections++;
        socket.once('close', () => sockets.delete(socket));
      });
      return server;
    },
  });
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).header('content-type', 'application/problem+json').send(problemJson('NOT_FOUND'));
  });
  await app.register(fastifyPlugin(core, defaultHosts));
  try {
    await app.listen({ port, host });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint =
      code === 'EADDRINUSE'
        ? 'it is in use; choose another with --port, or 0 for a free one'
        : code === 'EACCES'
          ? 'there is no permission; choose a port from 1024 with --port'
          : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
            ? 'this machine does not have that address; choose another with --host'
            : `the system says ${code ?? 'no more'}; choose another address or port`;
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
    closed ??= drain(core, server, sockets, arrivals, graceMs).then(() => app.close());
    return closed;
  };
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, port: address.port, close, [Symbol.asyncDispose]: close };
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

/** What has come in so far. */
interface Arrivals {
  connections: number;
  requests: number;
  lastRequestAt: number;
}

/** Whether five turns of the loop brought nothing: what waits in the system's queues is taken a turn at a time. */
async function isQuiet(count: () => number): Promise<boolean> {
  for (let turn = 0; turn < 5; turn++) {
    const before = count();
    await new Promise((resolve) => setImmediate(resolve));
    if (count() !== before) return false;
  }
  return true;
}

/**
 * Stops accepting, and ends each connection with its next answer. Connections are not cut while they are idle at that
 * moment: a request may be on its way on them.
 */
async function drain(
  core: ServiceCore,
  server: Server,
  sockets: ReadonlySet<Socket>,
  arrivals: Arrivals,
  graceMs: number,
): Promise<void> {
  core.drain();
  const started = performance.now();
  // Who has connected already is taken first; a closed listener would reset them.
  while (performance.now() - started < acceptMs && !(await isQuiet(() => arrivals.connections)));
  // HTTP's own `close` would end idle connections at once.
  NetServer.prototype.close.call(server);
  core.end();
  arrivals.lastRequestAt = performance.now();
  while (sockets.size > 0) {
    const now = performance.now();
    const isIdle = core.inFlight === 0 && now - arrivals.lastRequestAt >= idleMs;
    // A process that had to wait for its core may find timers due before it has read what came meanwhile.
    if (isIdle && (await isQuiet(() => arrivals.requests)) && core.inFlight === 0) break;
    if (now - started >= graceMs) {
      server.closeAllConnections();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  server.closeIdleConnections();
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
