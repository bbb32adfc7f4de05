import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainableNetwork } from '../../../src/backends/backend.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { remoteBackend, startWorker, type Worker } from '../../../src/backends/remote/index.ts';
import { wholeCase } from '../../../src/testing/backend/training-cases.ts';

const { network, training, data, batches } = wholeCase;
const many = Array.from({ length: 600 }, (_, i) => batches[i % batches.length]!);
const patience = { silenceMs: 400, retryDelayMs: 20, retries: 6 };

/** A proxy that cuts a connection after so many bytes of answer, or stops passing them on. */
async function proxyTo(url: string, faults: number[], how: 'cut' | 'freeze') {
  const { port } = new URL(url);
  const sockets = new Set<Socket>();
  let hits = 0;
  const server = createServer((client) => {
    const worker = connect(Number(port), '127.0.0.1');
    for (const socket of [client, worker]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.pipe(worker);
    const most = faults.shift() ?? Number.POSITIVE_INFINITY;
    let passed = 0;
    worker.on('data', (bytes) => {
      const before = passed;
      passed += bytes.length;
      if (passed <= most) {
        client.write(bytes);
        return;
      }
      if (before <= most) hits++;
      if (how === 'cut') client.destroy();
    });
    worker.on('close', () => client.destroy());
    client.on('close', () => worker.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: () => hits,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const endOf = async (trained: TrainableNetwork) => (await trained.snapshot()).state['out/weight']!.data;

describe('a remote training', () => {
  let worker: Worker;
  let losses: Float32Array;
  let weights: unknown;
  beforeAll(async () => {
    worker = await startWorker({ backend: onnxBackend(), beatMs: 100 });
    await using trained = await onnxBackend().compile(network, training);
    losses = await trained.steps(data, many);
    weights = await endOf(trained);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  it.each(['cut', 'freeze'] as const)(
    'makes the same steps where connections are %s, none of them twice',
    async (how) => {
      const faults = [2000, 2000, 4000];
      const proxy = await proxyTo(worker.url, faults, how);
      try {
        const backend = await remoteBackend({ url: proxy.url, ...patience, checkpointEvery: 100 });
        await using trained = await backend.compile(network, training);
        const seen: number[] = [];
        const made = await trained.steps(data, many, { onSteps: (step) => seen.push(step) });
        expect(made).toEqual(losses);
        expect(trained.step).toBe(many.length);
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(await endOf(trained)).toEqual(weights);
      } finally {
        proxy.close();
      }
    },
  );

  it('goes on from the last step it heard of where the worker was out of reach for longer than it is tried', async () => {
    const faults = [4000, ...new Array<number>(20).fill(0)];
    const proxy = await proxyTo(worker.url, faults, 'cut');
    try {
      const backend = await remoteBackend({ url: proxy.url, ...patience, retries: 2, checkpointEvery: 100 });
      await using trained = await backend.compile(network, training);
      const failure = await trained.steps(data, many).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'RUN_CHILD_FAILED', details: { isUnreachable: true } });
      expect(faults.length).toBeGreaterThan(0);
      faults.length = 0;
      const { step } = trained;
      expect(step).toBeLessThan(many.length);
      expect(await trained.steps(data, many.slice(step))).toEqual(losses.slice(step));
      expect(await endOf(trained)).toEqual(weights);
    } finally {
      proxy.close();
    }
  });

  it('is made again from its checkpoint where the worker ends and another takes its place', async () => {
    let first = await startWorker({ backend: onnxBackend() });
    const port = Number(new URL(first.url).port);
    const backend = await remoteBackend({ url: first.url, ...patience, checkpointEvery: 50 });
    await using trained = await backend.compile(network, training);
    let change: Promise<void> | undefined;
    const made = await trained.steps(data, many, {
      onSteps(step) {
        if (step < 120 || change !== undefined) return;
        change = (async () => {
          await first[Symbol.asyncDispose]();
          first = await startWorker({ backend: onnxBackend(), port });
        })();
      },
    });
    await change;
    expect(change).toBeDefined();
    expect(made).toEqual(losses);
    expect(await endOf(trained)).toEqual(weights);
    await first[Symbol.asyncDispose]();
  });

  it('goes on where the process of the worker was killed and is started again', async () => {
    const cli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
    const start = async (port: number) => {
      const child = spawn(process.execPath, [cli, 'worker', '--port', String(port)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      return { child, url: line };
    };
    let own = await start(0);
    try {
      const backend = await remoteBackend({ url: own.url, ...patience, retries: 10, checkpointEvery: 50 });
      await using trained = await backend.compile(network, training);
      let change: Promise<void> | undefined;
      const made = await trained.steps(data, many, {
        onSteps(step) {
          if (step < 120 || change !== undefined) return;
          own.child.kill('SIGKILL');
          change = start(Number(new URL(own.url).port)).then((next) => {
            own = next;
          });
        },
      });
      await change;
      expect(change).toBeDefined();
      expect(made).toEqual(losses);
      expect(await endOf(trained)).toEqual(weights);
    } finally {
      own.child.kill('SIGKILL');
    }
  }, 120_000);

  it('that can not be reached is a typed error', async () => {
    const gone = await startWorker({ backend: onnxBackend() });
    await gone[Symbol.asyncDispose]();
    await expect(remoteBackend({ url: gone.url, ...patience, retries: 1 })).rejects.toMatchObject({
      code: 'RUN_CHILD_FAILED',
    });
  });

  it('sends its data once', async () => {
    const puts: string[] = [];
    const counting: typeof fetch = (input, init) => {
      if (init?.method === 'PUT' && String(input).includes('/blobs/')) puts.push(String(input));
      return fetch(input, init);
    };
    const fresh = { inputs: data.inputs, targets: { labels: data.targets.labels! } };
    const backend = await remoteBackend({ url: worker.url, fetch: counting });
    for (let i = 0; i < 2; i++) {
      await using trained = await backend.compile(network, training);
      await trained.steps(fresh, batches);
      await trained.evaluate({ ...fresh });
    }
    expect(puts).toHaveLength(1);
  });
});

describe('a worker', () => {
  it('refuses another version of the protocol, and wrong keys', async () => {
    await using worker = await startWorker({ backend: onnxBackend(), authorize: (given) => given === 'Bearer right' });
    await expect(remoteBackend({ url: worker.url, key: 'wrong', retries: 0 })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect((await remoteBackend({ url: worker.url, key: 'right' })).capabilities.train).toBe(true);
    const newer: typeof fetch = (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as object), 'traineragent-protocol': '2' } });
    await expect(remoteBackend({ url: worker.url, key: 'right', fetch: newer })).rejects.toMatchObject({
      code: 'FORMAT_VERSION',
    });
  });

  it('does not listen beyond this machine without keys', async () => {
    await expect(startWorker({ backend: onnxBackend(), host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});
