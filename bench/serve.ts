import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Bench, makeRow, type Row } from './row.ts';
import { servedTrees } from './serve-model.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const peers = join(root, 'bench/serve-peers');
/** The server and its children on one core, the load on the other. */
const cores = { server: '0', load: '1' } as const;

/** Sizes of the full bench; TRAINERAGENT_SERVE_SECONDS is the length of the run at half saturation. */
const sizes = (quick: boolean) =>
  quick
    ? { rounds: 1, seconds: 2, halfSeconds: 3, overloadSeconds: 3, ends: 3, trees: 50 }
    : {
        rounds: 5,
        seconds: 5,
        halfSeconds: Number(process.env.TRAINERAGENT_SERVE_SECONDS ?? 300),
        overloadSeconds: 20,
        ends: 50,
        trees: 100,
      };

interface Server {
  readonly port: number;
  readonly child: ChildProcess;
  end(): Promise<void>;
}

async function startServer(command: string, args: readonly string[]): Promise<Server> {
  const child = spawn('taskset', ['-c', cores.server, command, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface({ input: child.stdout! })) {
    const port = Number(/:(\d+)$/.exec(line.trim())?.[1]);
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

interface Load {
  readonly statuses: Readonly<Record<string, { count: number; p50: number; p99: number; max: number }>>;
  readonly sent: number;
  readonly lost: number;
  readonly unsent: number;
  readonly seconds: number;
}

function load(options: Readonly<Record<string, unknown>>): {
  readonly started: Promise<unknown>;
  readonly done: Promise<Load>;
} {
  const child = spawn(
    'taskset',
    ['-c', cores.load, process.execPath, join(peers, 'load.mjs'), JSON.stringify(options)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  return {
    started: new Promise((resolve) => child.stdout.once('data', resolve)),
    done: new Promise((resolve) =>
      child.once('close', () => resolve(JSON.parse(text.trim().split('\n').at(-1) ?? '') as Load)),
    ),
  };
}

const perSecond = ({ statuses, seconds }: Load): number => (statuses['200']?.count ?? 0) / seconds;
const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const bench: Bench = {
  name: 'serve',
  about:
    'Requests a second of one record of 20 features to a boosted-tree model over HTTP, server on one core, load on the other.',
  async run({ python, quick }) {
    if (availableParallelism() < 2) throw new Error('Expected two cores: one for the server, one for the load.');
    const size = sizes(quick);
    const folder = mkdtempSync(join(tmpdir(), 'bench-serve-'));
    const rows: Row[] = [];
    const row = (name: string, metric: string, ours: number, peer: number, ratio: number, must: string): void => {
      rows.push(makeRow({ bench: 'serve', case: name, metric, ours, peer, ratio, must }));
    };
    try {
      const { bytes, records, columns } = await servedTrees(size.trees);
      const model = join(folder, 'model.onnx');
      writeFileSync(model, bytes);
      const bodies = records.map((record) => JSON.stringify(record));
      const request = { path: '/v1/predict', bodies, connections: 64 };
      const ours = () =>
        startServer(process.execPath, [join(root, 'dist/cli.js'), 'serve', model, '--port', '0', '--workers', '1']);
      const all = {
        ours,
        bare: () => startServer(process.execPath, [join(peers, 'bare.mjs'), join(root, 'package.json')]),
        fastapi: () => startServer(python, [join(peers, 'fastapi_service.py'), model, columns.join(',')]),
      };
      const rates = { ours: [] as number[], bare: [] as number[], fastapi: [] as number[] };
      const p99s = { ours: [] as number[], bare: [] as number[], fastapi: [] as number[] };
      for (let round = 0; round < size.rounds; round++) {
        for (const name of ['bare', 'ours', 'fastapi'] as const) {
          const server = await all[name]();
          const closed = { ...request, port: server.port, mode: 'closed', seconds: size.seconds, warmUp: size.seconds };
          const result = await load(closed).done;
          rates[name].push(perSecond(result));
          p99s[name].push(result.statuses['200']?.p99 ?? Number.POSITIVE_INFINITY);
          await server.end();
        }
      }
      const saturation = middle(rates.ours);
      row(
        'saturation',
        'requests a second, against bare Fastify',
        saturation,
        middle(rates.bare),
        saturation / middle(rates.bare),
        '>= 0.5',
      );
      row(
        'saturation',
        'requests a second, against FastAPI + onnxruntime',
        saturation,
        middle(rates.fastapi),
        saturation / middle(rates.fastapi),
        '>= 3',
      );
      row(
        'saturation',
        'p99 ms, against FastAPI + onnxruntime',
        middle(p99s.ours),
        middle(p99s.fastapi),
        middle(p99s.ours) / middle(p99s.fastapi),
        '<= 1',
      );

      const half = await ours();
      const probe = {
        path: '/livez',
        bodies: [''],
        method: 'GET',
        connections: 2,
        port: half.port,
        mode: 'open',
        rate: 20,
      };
      const open = { ...request, port: half.port, mode: 'open', warmUp: 2 };
      const [calm, lives] = await Promise.all([
        load({ ...open, rate: saturation / 2, seconds: size.halfSeconds }).done,
        load({ ...probe, seconds: size.halfSeconds, warmUp: 2 }).done,
      ]);
      const good = calm.statuses['200'] ?? { count: 0, p50: 1e9, p99: 1e9, max: 1e9 };
      row('half of saturation', 'p50 ms', good.p50, 5, good.p50, '<= 5');
      row('half of saturation', 'p99 ms', good.p99, 25, good.p99, '<= 25');
      row(
        'half of saturation',
        'requests without a prediction',
        calm.sent - good.count - warmed(calm),
        0,
        others(calm),
        '<= 0',
      );
      row(
        'half of saturation',
        'p99 ms of /livez',
        lives.statuses['200']?.p99 ?? 1e9,
        10,
        lives.statuses['200']?.p99 ?? 1e9,
        '<= 10',
      );
      const metrics = await (await fetch(`http://127.0.0.1:${half.port}/metrics`)).text();
      const lag = Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(metrics)?.[1]) * 1000;
      row('half of saturation', 'p99 ms of event-loop delay', lag, 10, lag, '<= 10');

      const before = residentBytes(half.child);
      const flood = await load({ ...open, connections: 512, rate: 3 * saturation, seconds: size.overloadSeconds }).done;
      const accepted = flood.statuses['200'] ?? { count: 0, p50: 1e9, p99: 1e9, max: 1e9 };
      const busy = flood.statuses['429'] ?? { count: 0, p50: 0, p99: 0, max: 0 };
      row('three times saturation', 'p99 ms of accepted requests', accepted.p99, 50, accepted.p99, '<= 50');
      row('three times saturation', 'p99 ms until 429', busy.p99, 10, busy.p99, '<= 10');
      row(
        'three times saturation',
        'resident bytes after, against before',
        residentBytes(half.child),
        before,
        residentBytes(half.child) / before,
        '<= 2',
      );
      const recovered = await load({ ...open, warmUp: 0, rate: saturation / 2, seconds: 5 }).done;
      const last = recovered.statuses['200']?.p50 ?? 1e9;
      row('three times saturation', 'p50 ms in the 5 seconds after', last, 5, last, '<= 5');

      const workers = childrenOf(half.child.pid!).filter((pid) => commandOf(pid).includes('predict-child'));
      const during = load({ ...open, warmUp: 0, rate: saturation / 4, seconds: 5 });
      await during.started;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const killed = performance.now();
      process.kill(workers[0]!, 'SIGSEGV');
      let status = 0;
      do {
        await new Promise((resolve) => setTimeout(resolve, 10));
        status = (await fetch(`http://127.0.0.1:${half.port}/readyz`)).status;
      } while (status !== 200 || childrenOf(half.child.pid!).includes(workers[0]!));
      const readyMs = performance.now() - killed;
      await during.done;
      const after = await (await fetch(`http://127.0.0.1:${half.port}/metrics`)).text();
      const failed = Number(/^traineragent_failed_batches_total (\d+)/m.exec(after)?.[1]);
      row('a worker killed', 'ms until ready', readyMs, 2000, readyMs, '<= 2000');
      row('a worker killed', 'batches that failed', failed, 1, failed, '<= 1');
      await half.end();

      let lost = 0;
      for (let i = 0; i < size.ends; i++) {
        const server = await ours();
        const running = load({
          ...request,
          port: server.port,
          mode: 'open',
          rate: saturation / 2,
          seconds: 30,
          warmUp: 0,
        });
        await running.started;
        await new Promise((resolve) => setTimeout(resolve, 600 + 37 * (i % 10)));
        await server.end();
        const result = await running.done;
        // 429 and refused connections were not accepted.
        lost += others(result) - (result.statuses['429']?.count ?? 0);
      }
      row(`SIGTERM under load, ${size.ends} rounds`, 'accepted requests that failed', lost, 0, lost, '<= 0');
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Requests that were answered with anything but a prediction. */
const others = ({ statuses, lost }: Load): number =>
  Object.entries(statuses).reduce((sum, [status, { count }]) => sum + (status === '200' ? 0 : count), lost);
/** Requests of the warm-up, which are not counted among the answers. */
const warmed = (result: Load): number =>
  result.sent - Object.values(result.statuses).reduce((sum, { count }) => sum + count, 0) - result.lost;

const childrenOf = (pid: number): number[] =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean)
    .map(Number);
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
const residentBytes = ({ pid }: ChildProcess): number =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

export default bench;
