import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkSpec, Training } from '../../../src/backends/backend.ts';
import { importNetwork } from '../../../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { remoteBackend, startWorker, type Worker } from '../../../src/backends/remote/index.ts';
import { wholeCase } from '../../../src/testing/backend/training-cases.ts';

const { network, training, data, batches } = wholeCase;
const many = Array.from({ length: 400 }, (_, i) => batches[i % batches.length]!);

/** Passes requests on, until it is frozen: then what is asked stays unanswered, whatever it is. */
function freezingFetch() {
  let isFrozen = false;
  const open = new Set<string>();
  const never = (init: RequestInit | undefined) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('cut')), { once: true });
      if (init?.signal?.aborted) reject(new Error('cut'));
    });
  const own: typeof fetch = async (input, init) => {
    const name = `${init?.method} ${input}`;
    open.add(name);
    try {
      if (isFrozen) return await never(init);
      const response = await fetch(input, init);
      if (response.body === null || init?.method !== 'POST') return response;
      const through = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (!isFrozen) controller.enqueue(chunk);
        },
      });
      return new Response(response.body.pipeThrough(through), { status: response.status, headers: response.headers });
    } finally {
      open.delete(name);
    }
  };
  return {
    fetch: own,
    open,
    freeze: (value: boolean) => {
      isFrozen = value;
    },
  };
}

/** What a call ends with, and after how many milliseconds from now. */
async function endOf(call: Promise<unknown>): Promise<{ readonly code: string; readonly ms: number }> {
  const started = performance.now();
  const code = await call.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
  return { code, ms: performance.now() - started };
}

let worker: Worker;
let reference: Float32Array;
beforeAll(async () => {
  worker = await startWorker({ backend: onnxBackend(), beatMs: 100 });
  await using trained = await onnxBackend().compile(network, training);
  reference = await trained.steps(data, many);
});
afterAll(() => worker[Symbol.asyncDispose]());

describe('a worker that does not answer any more', () => {
  it.each(['steps', 'evaluate', 'steps that send their data'] as const)(
    'is given up by an abort of %s, and the training goes on where it was',
    async (what) => {
      const faulty = freezingFetch();
      const backend = await remoteBackend({ url: worker.url, fetch: faulty.fetch, checkpointEvery: 50 });
      await using trained = await backend.compile(network, training);
      const first = await trained.steps(data, many.slice(0, 120));
      const controller = new AbortController();
      const { signal } = controller;
      faulty.freeze(true);
      const fresh = what === 'steps' ? data : { inputs: { ...data.inputs }, targets: { ...data.targets } };
      const call =
        what === 'evaluate' ? trained.evaluate(data, { signal }) : trained.steps(fresh, many.slice(120), { signal });
      const settled = call.catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.abort();
      const { code, ms } = await endOf(call);
      await settled;
      expect(code).toBe('RUN_ABORTED');
      expect(ms).toBeLessThan(400);
      expect(trained.step).toBe(120);
      expect(faulty.open.size).toBe(0);
      faulty.freeze(false);
      const rest = await trained.steps(data, many.slice(120));
      expect([...first, ...rest]).toEqual([...reference]);
    },
  );

  it('is not waited for when its network or model is disposed of', async () => {
    const faulty = freezingFetch();
    const backend = await remoteBackend({ url: worker.url, fetch: faulty.fetch });
    const trained = await backend.compile(network, training);
    const loaded = await backend.load(await trained.toModel(), { where: 'inline' });
    faulty.freeze(true);
    const both = Promise.all([trained[Symbol.asyncDispose](), loaded[Symbol.asyncDispose]()]);
    expect((await endOf(both)).ms).toBeLessThan(500);
    expect(faulty.open.size).toBe(0);
  });

  it('holds no prediction that is aborted', async () => {
    const faulty = freezingFetch();
    const backend = await remoteBackend({ url: worker.url, fetch: faulty.fetch, silenceMs: 300, retries: 0 });
    await using trained = await backend.compile(network, training);
    await using loaded = await backend.load(await trained.toModel(), { where: 'inline' });
    const before = await loaded.predict(data.inputs);
    const controller = new AbortController();
    faulty.freeze(true);
    const call = loaded.predict(data.inputs, { signal: controller.signal });
    controller.abort();
    const { code, ms } = await endOf(call);
    expect(code).toBe('PREDICT_FAILED');
    expect(ms).toBeLessThan(100);
    faulty.freeze(false);
    expect(await loaded.predict(data.inputs).catch(() => loaded.predict(data.inputs))).toEqual(before);
  });
});

describe('a network of a file', () => {
  it('trains in a worker to the same bits, its file sent once, also where the worker is another one meanwhile', async () => {
    await using made = await onnxBackend().compile(network, training);
    const tuned = importNetwork(await made.toModel());
    const own: Training = { ...training, groups: [] };
    const target = { inputs: data.inputs, targets: data.targets };
    await using local = await onnxBackend().compile(tuned, own);
    const losses = await local.steps(target, batches);
    const files: number[] = [];
    const counting: typeof fetch = (input, init) => {
      if (init?.method === 'PUT' && String(input).includes('/blobs/')) files.push((init.body as Uint8Array).length);
      return fetch(input, init);
    };
    let other = await startWorker({ backend: onnxBackend() });
    const port = Number(new URL(other.url).port);
    const backend = await remoteBackend({ url: other.url, fetch: counting, retryDelayMs: 20 });
    await using trained = await backend.compile(tuned, own);
    await using second = await backend.compile(tuned, own);
    expect(files).toHaveLength(1);
    expect(await trained.steps(target, batches)).toEqual(losses);
    await other[Symbol.asyncDispose]();
    other = await startWorker({ backend: onnxBackend(), port });
    expect(await second.steps(target, batches)).toEqual(losses);
    await other[Symbol.asyncDispose]();
  });
});

describe('what is no data in a description', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: readonly (readonly [what: string, path: string, spec: unknown, training: unknown])[] = [
    [
      'a function',
      'training.schedule.factor',
      network,
      { ...training, schedule: { kind: 'constant', factor: () => 1 } },
    ],
    ['a function', 'network.layers[0].units', { ...network, layers: [{ kind: 'dense', units: () => 3 }] }, training],
    ['a symbol', 'training.seed', network, { ...training, seed: Symbol('seed') }],
    ['a bigint', 'training.clipNorm', network, { ...training, clipNorm: 1n }],
    ['a Map', 'training.groups', network, { ...training, groups: new Map() }],
    [
      'a Float32Array',
      'training.loss.classWeights',
      network,
      { ...training, loss: { ...training.loss, classWeights: new Float32Array(2) } },
    ],
    ['a Promise', 'network.inputs["odd name"]', { ...network, inputs: { 'odd name': Promise.resolve() } }, training],
    ['levels', 'training.loss.self', network, { ...training, loss: circle }],
  ];

  it.each(cases)('%s is refused by every backend with its place, %s', async (_, path, spec, own) => {
    for (const backend of [onnxBackend(), await remoteBackend({ url: worker.url })]) {
      const compiling = backend.compile(spec as NetworkSpec, own as Training);
      await expect(compiling).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      await expect(compiling).rejects.toThrow(path);
    }
  });
});
