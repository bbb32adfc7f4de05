import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TrainerError } from '../../core/errors.ts';
import type { ServeHandler } from './create-handler.ts';
import { errorResponse } from './serve-errors.ts';

/** Where and how to listen. */
export interface ServeOptions {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Loopback only. @default '127.0.0.1' */
  readonly host?: string;
  /** How long `close` waits for requests under way before it cuts them. @default 10_000 */
  readonly graceMs?: number;
}

/** A model that is served: where, and how to end it. */
export interface Deployment {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets requests under way finish, then closes; calling it again waits for the same end. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Serves a handler over HTTP on this machine alone. Requests whose Host header names another machine are refused, so
 * that a web page cannot reach the service through a name that it has pointed here (DNS rebinding).
 *
 * @throws {TrainerError} SERVE_FAILED where the host is not a loopback address or the port is taken.
 */
export async function serve(handler: ServeHandler, options: ServeOptions = {}): Promise<Deployment> {
  const { port = 0, host = '127.0.0.1', graceMs = 10_000 } = options;
  if (!loopbackHosts.has(host)) {
    throw new TrainerError(
      'SERVE_FAILED',
      `Expected a loopback host (127.0.0.1, ::1 or localhost), got "${host}". To reach the service from elsewhere, put a proxy with TLS and access control before it.`,
      { details: { host } },
    );
  }
  let isClosing = false;
  const server = createServer((incoming, outgoing) => {
    answer(handler, incoming, outgoing, () => isClosing).catch(() => outgoing.destroy());
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (() => {
      isClosing = true;
      handler.drain();
      return new Promise<void>((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
    })();
    return closed;
  };
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, port: address.port, close, [Symbol.asyncDispose]: close };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const hint =
        cause.code === 'EADDRINUSE'
          ? 'it is in use; choose another with --port, or 0 for a free one'
          : (cause.code ?? 'unknown reason');
      reject(
        new TrainerError('SERVE_FAILED', `Could not listen on ${host}, port ${port}: ${hint}.`, {
          cause,
          details: { host, port },
        }),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

async function answer(
  handler: ServeHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  isClosing: () => boolean,
): Promise<void> {
  const response = await respond(handler, incoming);
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  // A body that was not read to its end cannot be followed by another request on the same connection.
  if (isClosing() || !incoming.complete) outgoing.setHeader('connection', 'close');
  if (incoming.method === 'HEAD' || !response.body) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing);
}

async function respond(handler: ServeHandler, incoming: IncomingMessage): Promise<Response> {
  if (!isLoopbackName(incoming.headers.host)) return errorResponse('HOST_NOT_ALLOWED');
  let request: Request;
  try {
    request = toRequest(incoming);
  } catch {
    // A method or an address that Fetch does not know (TRACE, a full URL of elsewhere).
    return errorResponse('NOT_FOUND');
  }
  return handler(request);
}

function isLoopbackName(host: string | undefined): boolean {
  const name = /^(\[[0-9a-f:]+\]|[^:[\]]+)(:\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
  return name !== undefined && loopbackHosts.has(name.replace(/^\[|\]$/g, ''));
}

function toRequest(incoming: IncomingMessage): Request {
  const path = incoming.url ?? '/';
  // Only origin form: "//other" or "http://other/" would otherwise be taken as another host.
  if (!path.startsWith('/') || path.startsWith('//')) throw new TypeError('Expected a path.');
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (typeof value === 'string') headers.set(name, value);
    else for (const item of value ?? []) headers.append(name, item);
  }
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(new URL(path, 'http://localhost'), {
    method,
    headers,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
  } as RequestInit);
}
