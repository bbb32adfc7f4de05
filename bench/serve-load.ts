import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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

/** Starts `traineragent serve` from `dist/`. */
export const startService = (model: string, ...options: readonly string[]): Promise<Server> =>
  startServer(process.execPath, [`${root}dist/cli.js`, 'serve', model, '--port', '0', ...options]);

/** What came of requests: by status, in milliseconds since they were due. */
export interface Load {
  readonly statuses: Readonly<Record<string, { count: number; p50: number; p99: number; max: number }>>;
  readonly sent: number;
  readonly lost: number;
  readonly unsent: number;
  readonly seconds: number;
}

/** A script of {@link peers} that prints `started` and at the end one line of JSON. */
export function runScript<Result>(
  script: string,
  options: Readonly<Record<string, unknown>>,
): { readonly started: Promise<unknown>; readonly done: Promise<Result> } {
  const args = [peers + script, JSON.stringify(options)];
  const child = spawn(...pinned(cores.load, process.execPath, args), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.on('data', (chunk) => {
    text += chunk;
  });
  return {
    started: new Promise((resolve) => child.stdout!.once('data', resolve)),
    done: new Promise((resolve) =>
      child.once('close', () => resolve(JSON.parse(text.trim().split('\n').at(-1) ?? '') as Result)),
    ),
  };
}

/** Sends requests; see `serve-peers/load.mjs`. */
export const load = (options: Readonly<Record<string, unknown>>) => runScript<Load>('load.mjs', options);

/** What there is of a status, or of none. */
export const ofStatus = ({ statuses }: Load, status: number, none = Number.POSITIVE_INFINITY) =>
  statuses[status] ?? { count: 0, p50: none, p99: none, max: none };
/** Predictions a second. */
export const perSecond = (result: Load): number => ofStatus(result, 200).count / result.seconds;

/** Requests that were answered with anything but a prediction. */
export const others = ({ statuses, lost }: Load): number =>
  Object.entries(statuses).reduce((sum, [status, { count }]) => sum + (status === '200' ? 0 : count), lost);
/** Requests of the warm-up, which are not counted among the answers. */
export const warmed = (result: Load): number =>
  result.sent - Object.values(result.statuses).reduce((sum, { count }) => sum + count, 0) - result.lost;

/** Processes that a process has started. */
export const childrenOf = (pid: number): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map(Number);
/** The command line of a process. */
export const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
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
  const [worker] = childrenOf(child.pid!).filter((pid) => commandOf(pid).includes('predict-child'));
  const killed = performance.now();
  process.kill(worker!, 'SIGSEGV');
  let status = 0;
  do {
    await new Promise((resolve) => setTimeout(resolve, 10));
    status = (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
  } while (status !== 200 || childrenOf(child.pid!).includes(worker!));
  return { readyMs: performance.now() - killed };
}
