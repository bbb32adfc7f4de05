import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { TrainerError } from '../core/errors.ts';
import { loopbackNames } from './guard.ts';
import { type Arrivals, createHttpApp } from './http-app.ts';
import type { Rehearsal } from './rehearsal.ts';
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
 * @param rehearsal - what answers before it listens, to requests of its own
 * @throws {TrainerError} SERVE_FAILED where the port is taken, or the host is beyond loopback and there are no keys.
 */
export async function listen(
  core: ServiceCore,
  hasKeys: boolean,
  options: ListenOptions = {},
  rehearsal?: Rehearsal,
): Promise<Deployment> {
  const { port = 0, host = '127.0.0.1', graceMs = 10_000, insecure = false } = options;
  if (!hasKeys && !insecure && !loopbackNames.includes(host)) {
    throw new TrainerError(
      'SERVE_FAILED',
      `Expected keys to listen on "${host}", which others may reach; got none. Make one with "traineragent key" and give its file with --keys, or stay on 127.0.0.1.`,
      { details: { host } },
    );
  }
  const defaultHosts = hasKeys || !loopbackNames.includes(host) ? undefined : loopbackNames;
  if (rehearsal !== undefined) {
    const unseen = await createHttpApp(rehearsal.core, defaultHosts);
    await unseen.app.ready();
    await rehearsal.run(unseen.app.server as Server, unseen.answerBy);
    await unseen.app.close();
  }
  const { app, sockets, arrivals } = await createHttpApp(core, defaultHosts);
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
