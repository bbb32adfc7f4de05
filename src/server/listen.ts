import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { TrainerError } from '../core/errors.ts';
import { Door, type Listener } from './door.ts';
import { loopbackNames } from './guard.ts';
import { createHealthServer } from './health-server.ts';
import { type Arrivals, createHttpApp, type HttpApp } from './http-app.ts';
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
  /**
   * What is done where more is asked, and goes on being asked, than can be answered: `shut` ends the connections that ask most and has the system
   * refuse others until there is time again; `answer` refuses each request by an answer, at the cost of a third of a prediction.
   *
   * @default 'shut' where there is a port for supervisors, which could not tell a service that refuses from a dead one; else 'answer'
   */
  readonly overload?: 'shut' | 'answer';
  /** Another port of the same host, for supervisors: `/livez`, `/readyz` and `/metrics`, also where connections are refused. @default none */
  readonly healthPort?: number;
  /** How long `close` waits for requests under way before it cuts them. @default 10_000 */
  readonly graceMs?: number;
}

/** A service that listens: where, and how to end it. */
export interface Deployment {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Where supervisors ask, where there is such a port. */
  readonly healthPort?: number;
  /** Takes no more connections, answers what is under way, then closes; calling it again waits for the same end. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long connections are still taken by a listener that is to be closed, where they keep coming. */
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
  const { overload = options.healthPort === undefined ? 'answer' : 'shut' } = options;
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
  const http = await createHttpApp(core, defaultHosts);
  const { app } = http;
  try {
    await app.listen({ port, host });
  } catch (cause) {
    await app.close();
    throw listenFailed(host, port, cause);
  }
  const door = overload === 'shut' ? new Door(listenerOf(http), core.listening) : undefined;
  if (door !== undefined) http.behind(door);
  let health: Server | undefined;
  if (options.healthPort !== undefined) {
    health = createHealthServer(core, defaultHosts);
    try {
      health.listen({ port: options.healthPort, host });
      await once(health, 'listening');
    } catch (cause) {
      door?.end();
      await app.close();
      throw listenFailed(host, options.healthPort, cause);
    }
  }
  const address = app.server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    door?.end();
    closed ??= drain(core, http, graceMs).then(async () => {
      // To the end: who supervises sees it drain.
      health?.close();
      health?.closeAllConnections();
      await app.close();
    });
    return closed;
  };
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    ...(health === undefined ? {} : { healthPort: (health.address() as AddressInfo).port }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listenFailed(host: string, port: number, cause: unknown): TrainerError {
  const { code } = cause as NodeJS.ErrnoException;
  const hint =
    code === 'EADDRINUSE'
      ? 'it is in use; choose another with --port, or 0 for a free one'
      : code === 'EACCES'
        ? 'there is no permission; choose a port from 1024 with --port'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'this machine does not have that address; choose another with --host'
          : `the system says ${code ?? 'no more'}; choose another address or port`;
  return new TrainerError('SERVE_FAILED', `Could not listen on ${host}, port ${port}: ${hint}.`, {
    cause,
    details: { host, port },
  });
}

/** The servers of a service as one listener, at the addresses that they have. */
function listenerOf({ servers, arrivals }: HttpApp): Listener {
  let addresses: readonly (readonly [Server, AddressInfo])[] = [];
  return {
    async shut() {
      addresses = servers.flatMap((server) => (server.listening ? [[server, server.address() as AddressInfo]] : []));
      await acceptAll(arrivals);
      // HTTP's own `close` would end idle connections at once.
      for (const [server] of addresses) NetServer.prototype.close.call(server);
    },
    async open() {
      for (const [server, { address, port }] of addresses) {
        if (server.listening) continue;
        server.listen({ host: address, port });
        await once(server, 'listening');
      }
    },
  };
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

/** Takes who has connected already: a listener that is closed resets them. */
async function acceptAll(arrivals: Arrivals): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < acceptMs && !(await isQuiet(() => arrivals.connections)));
}

/**
 * Stops accepting, and ends each connection with its next answer. Connections are not cut while they are idle at that
 * moment: a request may be on its way on them.
 */
async function drain(core: ServiceCore, { servers, sockets, arrivals }: HttpApp, graceMs: number): Promise<void> {
  core.drain();
  const started = performance.now();
  await acceptAll(arrivals);
  for (const server of servers) NetServer.prototype.close.call(server);
  core.end();
  arrivals.lastRequestAt = performance.now();
  while (sockets.size > 0) {
    const now = performance.now();
    const isIdle = core.inFlight === 0 && now - arrivals.lastRequestAt >= idleMs;
    // A process that had to wait for its core may find timers due before it has read what came meanwhile.
    if (isIdle && (await isQuiet(() => arrivals.requests)) && core.inFlight === 0) {
      for (const server of servers) server.closeIdleConnections();
      // Who has not said a word counts as busy there, and might never say one.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }
    if (now - started >= graceMs) {
      for (const socket of sockets) socket.destroy();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
