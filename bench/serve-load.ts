import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Scripts that run as processes of their own, beside the service. */
export const peers = fileURLToPath(new URL('serve-peers/', import.meta.url));
/** The server and its children on one core, the load on the other, where there are two and the system can. */
const cores = { server: '0', load: '1' } as const;
const canPin = process.platform === 'linux' && availableParallelism() > 1;
const pinned = (core: string, command: string, args: readonly string[]): readonly [string, readonly string[]] =>
  canPin ? ['taskset', ['-c', core, command, ...args]] : [command, args];

/** A server in a process of its own. */
export interface Server {
  readonly port: number;
  readonly child: ChildProcess;
  /** Asks it to end, and waits until it has. */
  end(): Promise<void>;
}

/** Starts a server that prints its address when it listens. */
export async function startServer(command: string, args: readonly string[]): Promise<Server> {
  const child = spawn(...pinned(cores.server, command, args), { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout! })) {
    const port = Number(/:(\d+)$/.exec(line.trim())?.[1]);
    // Some say so a moment before they do.
    while ((await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined)) === undefined)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return {
      port,
      child,
      async end() {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error(`${command} ${args[0]} ended before it listened.`);
}

/** What the files of `traineragent deploy` give Node: see there. */
export const nodeOptions = ['--max-semi-space-size=64'] as const;

/** Starts `traineragent serve` from `dist/`, as the files of `traineragent deploy` do. */
export const startService = (model: string, ...options: readonly string[]): Promise<Server> =>
  startServer(process.execPath, [...nodeOptions, `${root}dist/cli.js`, 'serve', model, '--port', '0', ...options]);

/** What came of requests: by status, in milliseconds since they were due. */
export interface Load {
  readonly statuses: Readonly<Record<string, { count: number; p50: number; p99: number; max: number }>>;
  readonly sent: number;
  readonly lost: number;
  /** Answered, and not counted among the statuses. */
  readonly warmed: number;
  /** Sent, and not answered two seconds after the end. */
  readonly unanswered: number;
  readonly unsent: number;
  /** Connections that the system refused, each the end of a request; absent where Node sends the requests. */
  readonly refused?: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
  readonly seconds: number;
}

/** Requests of one kind over connections of their own. */
export interface Flow {
  readonly path: string;
  /** @default 'POST' */
  readonly method?: 'GET' | 'POST';
  readonly bodies: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** A second, where they are sent by the clock. */
  readonly rate?: number;
}

/** How requests are sent. */
export interface LoadOptions extends Flow {
  readonly port: number;
  /** By the clock, or as soon as the one before was answered. */
  readonly mode: 'open' | 'closed';
  readonly seconds: number;
  /** Seconds before those that count. @default 0 */
  readonly warmUp?: number;
  /** Sent by the clock meanwhile. */
  readonly beside?: Flow;
  /** Whether others use the same core: then it sleeps between requests, and comes first. @default false */
  readonly isShared?: boolean;
}

/** What was asked of a service, and of what was asked beside it. */
export interface Loads extends Load {
  readonly beside?: Load;
}

interface Running<Result> {
  /** With the first request. */
  readonly started: Promise<unknown>;
  readonly done: Promise<Result>;
}

/** A program on the core of the load that prints `started` and at the end lines of JSON. */
function runOnLoadCore<Result>(command: string, args: readonly string[]): Running<readonly Result[]> {
  const child = spawn(...pinned(cores.load, command, args), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.on('data', (chunk) => {
    text += chunk;
  });
  return {
    started: new Promise((resolve) => child.stdout!.once('data', resolve)),
    done: new Promise((resolve) =>
      child.once('close', () => {
        const lines = text.split('\n').filter((line) => line.startsWith('{'));
        resolve(lines.map((line) => JSON.parse(line) as Result));
      }),
    ),
  };
}

/** A script of {@link peers}. */
export function runScript<Result>(script: string, options: Readonly<Record<string, unknown>>): Running<Result> {
  const { started, done } = runOnLoadCore<Result>(process.execPath, [peers + script, JSON.stringify(options)]);
  return { started, done: done.then((results) => results.at(-1)!) };
}

let program: string | undefined | null;

/** `load.c` as a program, where there are Linux and a compiler. */
function compiledLoad(): string | undefined {
  if (program === undefined) {
    program = null;
    const folder = mkdtempSync(join(tmpdir(), 'bench-load-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    try {
      execFileSync('cc', ['-O2', '-o', join(folder, 'load'), `${peers}load.c`], { stdio: 'ignore' });
      if (process.platform === 'linux') program = join(folder, 'load');
    } catch {
      // Node sends the requests: enough where it is seen that nothing fails, too slow for an overload.
    }
  }
  return program ?? undefined;
}

/** What sends the requests, for those who read the figures. */
export const generator = (): string => (compiledLoad() === undefined ? 'load.mjs (no C compiler)' : 'load.c');

/** Requests as they go over the connection, each after its length. */
function messagesOf({ path, method = 'POST', bodies, headers = {} }: Flow): Buffer {
  const more = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  return Buffer.concat(
    bodies.flatMap((body) => {
      const about = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
      const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${method === 'POST' ? about : ''}${more}\r\n`;
      const message = Buffer.from(method === 'POST' ? head + body : head);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(message.length);
      return [length, message];
    }),
  );
}

/** Sends requests; see `serve-peers/load.c`. */
export function load({ beside, isShared = false, ...options }: LoadOptions): Running<Loads> {
  const path = compiledLoad();
  if (path === undefined) {
    const { port, seconds, warmUp = 0 } = options;
    const second = beside && runScript<Load>('load.mjs', { ...beside, port, mode: 'open', seconds, warmUp });
    const { started, done } = runScript<Load>('load.mjs', { ...options });
    return {
      started,
      done: Promise.all([done, second?.done]).then(([main, more]) =>
        more === undefined ? main : { ...main, beside: more },
      ),
    };
  }
  const { port, mode, seconds, warmUp = 0 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bench-messages-'));
  const args = [options, ...(beside === undefined ? [] : [beside])].flatMap((flow, i) => {
    writeFileSync(join(folder, String(i)), messagesOf(flow));
    return [String(flow.rate ?? 0), String(flow.connections), join(folder, String(i))];
  });
  const { started, done } = runOnLoadCore<Load>(path, [
    ...[String(port), mode, String(seconds), String(warmUp), isShared ? 'shared' : 'alone'],
    ...args,
  ]);
  return {
    started,
    done: done.then(([main, more]) => {
      rmSync(folder, { recursive: true });
      return more === undefined ? main! : { ...main!, beside: more };
    }),
  };
}

/** What there is of a status, or of none. */
export const ofStatus = ({ statuses }: Load, status: number, none = Number.POSITIVE_INFINITY) =>
  statuses[status] ?? { count: 0, p50: none, p99: none, max: none };
/** Predictions a second. */
export const perSecond = (result: Load): number => ofStatus(result, 200).count / result.seconds;

/** Requests that were answered with anything but a prediction. */
export const others = ({ statuses, lost }: Load): number =>
  Object.entries(statuses).reduce((sum, [status, { count }]) => sum + (status === '200' ? 0 : count), lost);
/** Processes that predict for a service; one that has ended and is not known to have is none. */
const workersOf = ({ pid }: ChildProcess): number[] =>
  execFileSync('ps', ['-eo', 'ppid=,pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('predict-child'))
    .map((line) => line.trim().split(/\s+/, 2).map(Number))
    .flatMap(([parent, child]) => (parent === pid && child !== undefined ? [child] : []));
/** Memory of a process that is not swapped out. */
export const residentBytes = ({ pid }: ChildProcess): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** The first number that metrics have under a name. */
export async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1],
  );
}

/** Kills a process that predicts while requests come, and waits until the service is ready with another. */
export async function killWorker({ port, child }: Server): Promise<{ readyMs: number }> {
  const [worker] = workersOf(child);
  const killed = performance.now();
  process.kill(worker!, 'SIGSEGV');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { status } = await fetch(`http://127.0.0.1:${port}/readyz`);
    // Until the end of the process is known the service is ready with the one that is gone.
    if (status === 200 && workersOf(child).some((pid) => pid !== worker))
      return { readyMs: performance.now() - killed };
  }
}
