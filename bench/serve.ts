import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiKey, modelStore } from '../src/serve.ts';
import { type Bench, makeRow, type Row } from './row.ts';
import {
  generator,
  killWorker,
  load,
  metric,
  nodeOptions,
  ofStatus,
  others,
  peers,
  perSecond,
  residentBytes,
  runScript,
  type Server,
  startServer,
  startService,
} from './serve-load.ts';
import { servedTrees } from './serve-model.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Sizes of the full bench; TRAINERAGENT_SERVE_SECONDS is the length of the run at half saturation. */
const sizes = (quick: boolean) =>
  quick
    ? {
        rounds: 1,
        seconds: 1.5,
        halfSeconds: 10,
        overloadSeconds: 2,
        afterSeconds: 2,
        hostileSeconds: 2,
        starts: 1,
        ends: 2,
        swaps: 50,
        trees: 100,
      }
    : {
        rounds: 3,
        seconds: 5,
        halfSeconds: Number(process.env.TRAINERAGENT_SERVE_SECONDS ?? 300),
        overloadSeconds: 15,
        afterSeconds: 5,
        hostileSeconds: 10,
        starts: 3,
        ends: 50,
        swaps: 500,
        trees: 100,
      };

/** What `hostile.mjs` tells. */
interface Attack {
  readonly unexpected: readonly string[];
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const lag = 'nodejs_eventloop_lag_p99_seconds';
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Parts of the bench; TRAINERAGENT_SERVE_PARTS chooses some, separated by commas. */
const allParts = ['saturation', 'half', 'start', 'hostile', 'overload', 'kill', 'swaps', 'ends'] as const;
const wanted: ReadonlySet<string> = new Set((process.env.TRAINERAGENT_SERVE_PARTS ?? allParts.join()).split(','));

const bench: Bench = {
  name: 'serve',
  about: `Requests a second of one record of 20 features to a boosted-tree model over HTTP, server on one core, load (${generator()}) on the other.`,
  async run({ python, quick, only = '' }) {
    if (availableParallelism() < 2) throw new Error('Expected two cores: one for the server, one for the load.');
    const size = sizes(quick);
    const folder = mkdtempSync(join(tmpdir(), 'bench-serve-'));
    const rows: Row[] = [];
    const row = (name: string, metric: string, ours: number, peer: number, ratio: number, must: string): void => {
      rows.push(makeRow({ bench: 'serve', case: name, metric, ours, peer, ratio, must }));
    };
    /** A row whose figure is held against a limit; what a ready answer takes stands beside it. */
    const limit = (name: string, metric: string, ours: number, most: number, floor = Number.NaN): void =>
      row(name, metric, ours, floor, ours, `<= ${most}`);
    const running = new Set<Server>();
    const started = async (server: Promise<Server>): Promise<Server> => {
      running.add(await server);
      return server;
    };
    const end = async (server: Server): Promise<void> => {
      await server.end();
      running.delete(server);
    };
    try {
      const { bytes, records, columns } = await servedTrees(size.trees);
      const model = join(folder, 'model.onnx');
      writeFileSync(model, bytes);
      const bodies = records.map((record) => JSON.stringify(record));
      const request = { path: '/v1/predict', bodies, connections: 64 };
      const open = { ...request, mode: 'open' as const };
      const closed = { ...request, mode: 'closed' as const };
      const livez = { path: '/livez', bodies: [''], method: 'GET' as const, connections: 2, rate: 20 };
      const all = {
        bare: () =>
          startServer(process.execPath, [...nodeOptions, join(peers, 'bare.mjs'), join(root, 'package.json')]),
        ready: (status = '429') => startServer(process.execPath, [...nodeOptions, join(peers, 'ready.mjs'), status]),
        ours: () => startService(model),
        workers: () => startService(model, '--workers', '1'),
        fastapi: () => startServer(python, [join(peers, 'fastapi_service.py'), model, columns.join(',')]),
      };
      const names = wanted.has('saturation') ? (['bare', 'ours', 'workers', 'fastapi'] as const) : (['ours'] as const);
      const rates = { bare: [] as number[], ours: [] as number[], workers: [] as number[], fastapi: [] as number[] };
      const p99s = { bare: [] as number[], ours: [] as number[], workers: [] as number[], fastapi: [] as number[] };
      for (let round = 0; round < (wanted.has('saturation') ? size.rounds : 1); round++)
        for (const name of names) {
          const server = await started(all[name]());
          const result = await load({ ...closed, port: server.port, seconds: size.seconds, warmUp: size.seconds }).done;
          rates[name].push(perSecond(result));
          p99s[name].push(ofStatus(result, 200).p99);
          await end(server);
        }
      const saturation = middle(rates.ours);
      if (wanted.has('saturation')) {
        const [bare, fastapi, inProcess] = [middle(rates.bare), middle(rates.fastapi), middle(rates.workers)];
        const [p99, p99Fastapi] = [middle(p99s.ours), middle(p99s.fastapi)];
        const unit = 'requests a second, against';
        row('saturation', `${unit} bare Fastify`, saturation, bare, saturation / bare, '>= 0.5');
        row('saturation, with --workers 1', `${unit} bare Fastify`, inProcess, bare, inProcess / bare, '>= 0.5');
        row('saturation', `${unit} FastAPI + onnxruntime`, saturation, fastapi, saturation / fastapi, '>= 3');
        row('saturation', 'p99 ms, against FastAPI + onnxruntime', p99, p99Fastapi, p99 / p99Fastapi, '<= 1');
      }
      /** What a ready answer of Node would take at a rate: no service in Node can do better. */
      const floorAt = async (rate: number, connections: number, seconds: number): Promise<number> => {
        const server = await started(all.ready());
        const options = { ...open, port: server.port, connections, rate, seconds, warmUp: 2 };
        const { p99 } = ofStatus(await load(options).done, 429);
        await end(server);
        return p99;
      };

      if (wanted.has('start')) {
        const [first, tenth]: [number[], number[]] = [[], []];
        let failed = 0;
        for (let i = 0; i < size.starts; i++) {
          const server = await started(all.ours());
          const options = { ...open, port: server.port, rate: saturation / 4, seconds: 1 };
          const cold = await load(options).done;
          failed += others(cold) + cold.unsent + cold.unanswered;
          first.push(ofStatus(cold, 200).p99);
          await load({ ...options, seconds: 8 }).done;
          tenth.push(ofStatus(await load(options).done, 200).p99);
          await end(server);
        }
        const name = 'first second after the start, a quarter of saturation';
        row(name, 'p99 ms, against the tenth', middle(first), middle(tenth), middle(first), '<= 25');
        limit(name, 'requests without a prediction', failed, 0);
      }

      const server = await started(all.ours());
      const { port } = server;
      await load({ ...closed, port, seconds: size.seconds }).done;
      if (wanted.has('half')) {
        // Counted since metrics were read before; the timer that is late is one of 10 ms.
        await metric(port, lag);
        const options = { ...open, port, rate: saturation / 2, seconds: size.halfSeconds, warmUp: 2 };
        const calm = await load({ ...options, beside: livez }).done;
        const late = (await metric(port, lag)) * 1000 - 10;
        const floor = await floorAt(saturation / 2, 64, size.halfSeconds);
        const good = ofStatus(calm, 200);
        const half = `half of saturation, ${size.halfSeconds} s`;
        limit(half, 'p50 ms', good.p50, 5);
        limit(half, 'p99 ms, against a ready answer', good.p99, 25, floor);
        limit(half, 'requests without a prediction', others(calm) + calm.unanswered + calm.unsent, 0);
        limit(half, 'p99 ms of /livez', ofStatus(calm.beside!, 200).p99, 10);
        limit(half, 'p99 ms of event-loop delay', late, 10);
      }

      if (wanted.has('hostile')) {
        // The load shares its core with who attacks, before and meanwhile.
        const quiet = { ...open, port, rate: saturation / 4, seconds: size.hostileSeconds, isShared: true };
        const attack = { seconds: size.hostileSeconds + 1, perSecond: 100 };
        const attacked = async (at: number) => {
          const before = await load({ ...quiet, port: at }).done;
          const { started, done } = runScript<Attack>('hostile.mjs', { ...attack, port: at });
          await started;
          const meanwhile = await load({ ...quiet, port: at }).done;
          return { before: ofStatus(before, 200), meanwhile, unexpected: (await done).unexpected };
        };
        const ready = await started(all.ready('200'));
        // It answers all alike: what is unexpected is of no interest.
        const floor = await attacked(ready.port);
        await end(ready);
        const { before, meanwhile, unexpected } = await attacked(port);
        const during = ofStatus(meanwhile, 200);
        const name = 'hostile requests beside a quarter of saturation';
        row(name, 'p99 ms, against without them', during.p99, before.p99, during.p99 / before.p99, '<= 2');
        const { p99 } = ofStatus(floor.meanwhile, 200);
        limit(name, 'p99 ms of a ready answer, against without them', p99, 2 * floor.before.p99, floor.before.p99);
        limit(name, 'answers that are not as documented', unexpected.length, 0);
        limit(name, 'others that failed', others(meanwhile), 0);
      }

      if (wanted.has('overload')) {
        const memoryBefore = residentBytes(server.child);
        const shut = await started(startService(model, '--overload', 'shut'));
        const ways = [
          { asked: server, suffix: '' },
          { asked: shut, suffix: ', --overload shut' },
        ].filter(({ suffix }) => suffix.includes(only));
        for (const times of [1.5, 2, 2.5, 3]) {
          const rate = times * saturation;
          const floor = await floorAt(rate, 512, size.seconds);
          for (const { asked, suffix } of ways) {
            const name = `${times} times saturation${suffix}`;
            const flood = { ...open, connections: 512, rate, warmUp: 2, port: asked.port };
            const result = await load({ ...flood, seconds: size.overloadSeconds, beside: livez }).done;
            const share = perSecond(result) / saturation;
            row(name, 'predictions a second, against saturation', perSecond(result), saturation, share, '>= 0.01');
            limit(name, 'p99 ms of accepted requests, against a ready answer', ofStatus(result, 200).p99, 50, floor);
            limit(name, 'p99 ms until 429, against a ready answer', ofStatus(result, 429, 0).p99, 10, floor);
            const { count = 0, p99 = Number.NaN } = result.refused ?? {};
            if (count > 0) {
              limit(name, 'connections refused, of all that was due', count / (rate * size.overloadSeconds), 1);
              limit(name, 'p99 ms until a connection is refused', p99, 10);
            }
            limit(name, 'p99 ms of /livez', ofStatus(result.beside!, 200).p99, 10);
            limit(name, 'other answers, and lost', others(result) - ofStatus(result, 429).count, 0);
            const after = { ...open, port: asked.port, rate: saturation / 2, seconds: size.afterSeconds };
            limit(
              name,
              `p50 ms in the ${size.afterSeconds} seconds after`,
              ofStatus(await load(after).done, 200).p50,
              5,
            );
          }
        }
        const grown = residentBytes(server.child);
        row('overload', 'resident bytes after, against before', grown, memoryBefore, grown / memoryBefore, '<= 2');
        await end(shut);
      }
      await end(server);

      if (wanted.has('kill')) {
        const withWorker = await started(all.workers());
        const flow = load({ ...open, port: withWorker.port, rate: saturation / 4, seconds: 5 });
        await flow.started;
        await wait(1000);
        const { readyMs } = await killWorker(withWorker);
        await flow.done;
        const failed = await metric(withWorker.port, 'traineragent_failed_batches_total');
        limit('a worker killed', 'ms until ready', readyMs, 2000);
        limit('a worker killed', 'batches that failed', failed, 1);
        await end(withWorker);
      }

      if (wanted.has('swaps')) {
        const store = modelStore(join(folder, 'store'));
        const versions = [await store.add(bytes), await store.add((await servedTrees(size.trees / 2)).bytes)] as const;
        const { key, stored } = createApiKey('bench', ['admin']);
        const keys = join(folder, 'keys.json');
        writeFileSync(keys, JSON.stringify({ keys: [stored] }));
        await store.change((labels) => ({ ...labels, revision: labels.revision + 1, stable: versions[0] }));
        const swapped = await started(
          startServer(process.execPath, [
            ...[...nodeOptions, join(root, 'dist/cli.js'), 'serve', '--store', store.folder],
            ...['--keys', keys, '--port', '0'],
          ]),
        );
        const headers = { authorization: `Bearer ${key}` };
        // Code that has just begun takes several times as long.
        await load({ ...closed, port: swapped.port, headers, seconds: 3 }).done;
        const traffic = load({ ...open, port: swapped.port, headers, rate: saturation / 4, seconds: 600 });
        await traffic.started;
        let failed = 0;
        for (let i = 1; i <= size.swaps; i++) {
          const response = await fetch(`http://127.0.0.1:${swapped.port}/v1/labels/promote`, {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify({ label: 'stable', version: versions[i % 2] }),
          });
          if (response.status !== 200) failed++;
          await response.arrayBuffer();
        }
        await end(swapped);
        const swapping = await traffic.done;
        limit(`${size.swaps} hot swaps`, 'swaps that failed', failed, 0);
        limit(`${size.swaps} hot swaps`, 'requests that failed', others(swapping), 0);
      }

      if (wanted.has('ends')) {
        let lost = 0;
        for (let i = 0; i < size.ends; i++) {
          const one = await started(all.ours());
          const stream = load({ ...open, port: one.port, rate: saturation / 2, seconds: 30 });
          await stream.started;
          await wait(600 + 37 * (i % 10));
          await end(one);
          const result = await stream.done;
          // 429 and refused connections were not accepted.
          lost += others(result) - ofStatus(result, 429).count;
        }
        limit(`SIGTERM under load, ${size.ends} rounds`, 'accepted requests that failed', lost, 0);
      }
      return rows;
    } finally {
      for (const { child } of running) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default bench;
