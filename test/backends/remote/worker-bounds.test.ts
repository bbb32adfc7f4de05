import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Training, TrainingData } from '../../../src/backends/backend.ts';
import { remoteBackend, startWorker } from '../../../src/backends/remote/index.ts';
import {
  encodeBatches,
  encodeData,
  encodeMessage,
  protocolHeader,
  readFrames,
} from '../../../src/backends/remote/message.ts';
import { WorkerObject } from '../../../src/backends/remote/worker-object.ts';
import { wholeCase } from '../../../src/testing/backend/training-cases.ts';
import { scriptedBackend } from './scripted-backend.ts';

const { network } = wholeCase;
const training: Training = wholeCase.training;
const data: TrainingData = wholeCase.data;
const batchesOf = (count: number) => Array.from({ length: count }, () => Int32Array.of(0));
const ignored = new AbortController().signal;

afterEach(() => {
  vi.useRealTimers();
});

/** Waits for what the other side has still to do. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

describe('what a worker holds of a call', () => {
  it('is one checkpoint, the last: 300 of a megabyte are not kept for who may ask again', async () => {
    const held = await scriptedBackend({ size: 2 ** 18 }).compile(network, training);
    const object = new WorkerObject(held, 0);
    object.start(1, { method: 'steps', checkpointEvery: 1 }, encodeBatches(batchesOf(300)), data);
    await until(() => !object.isBusy);
    let bytes = 0;
    const pieces = (async function* () {
      for await (const piece of object.listen(0, ignored)) {
        bytes += piece.length;
        yield piece;
      }
    })();
    const types: string[] = [];
    let last = 0;
    for await (const { json, tensors } of readFrames(pieces)) {
      const { type } = json as { type: string };
      types.push(type);
      if (type === 'checkpoint') last = tensors.weight!.data[0] as number;
    }
    // As many messages as a client that was there all the time has counted.
    expect(types).toHaveLength(2 * 300 + 1);
    expect(types.filter((type) => type === 'checkpoint')).toEqual(['checkpoint']);
    expect([types.at(-2), types.at(-1), last]).toEqual(['checkpoint', 'result', 300]);
    expect(bytes).toBeLessThan(2 ** 20 + 300 * 1000);
  });

  it('does not pile up in a connection that is not read', async () => {
    // A turn between steps, in which what is there is written.
    const backend = scriptedBackend({ size: 2 ** 20, steps: () => turn() });
    await using worker = await startWorker({ backend, beatMs: 10 });
    const ask = async (method: string, path: string, body: Uint8Array): Promise<IncomingMessage> => {
      const headers = { [protocolHeader]: '1' };
      const made = request(`${worker.url}/v1/${path}`, { method, headers }).end(body);
      return ((await once(made, 'response')) as [IncomingMessage])[0];
    };
    const sent = encodeData(data);
    const hash = createHash('sha256').update(sent).digest('hex');
    await text(await ask('PUT', `blobs/${hash}`, sent));
    await text(await ask('PUT', 'objects/one', encodeMessage({ json: { kind: 'network', network, training } })));
    const before = process.memoryUsage().arrayBuffers;
    const json = { method: 'steps', data: hash, checkpointEvery: 1 };
    const call = encodeMessage({ json, tensors: encodeBatches(batchesOf(200)) });
    const unread = await ask('POST', 'objects/one/calls/1', call);
    await until(() => backend.steps === 200);
    // 200 checkpoints of 4 MB; some wait to be collected.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6);
    unread.destroy();
  });
});

/** Only what this process counts down goes by this clock; what goes over the connection takes the time that it takes. */
const fakeClock = () =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });

describe('a call that takes long', () => {
  /** Steps that begin, and end when they are told to. */
  const holding = () => {
    let [isBegun, release] = [false, () => {}];
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const steps = () => {
      isBegun = true;
      return held;
    };
    return { steps, isBegun: () => isBegun, release };
  };

  /** A `fetch` that counts what comes of calls. */
  const counting = () => {
    let bytes = 0;
    const own: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).includes('/calls/')) return response;
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          bytes += piece.length;
          controller.enqueue(piece);
        },
      });
      return new Response(response.body!.pipeThrough(counter), response);
    };
    return { own, bytes: () => bytes };
  };

  it('is waited for as long as the worker says that it is alive', async () => {
    fakeClock();
    const { steps, isBegun, release } = holding();
    await using worker = await startWorker({ backend: scriptedBackend({ steps }), beatMs: 50 });
    const { own, bytes } = counting();
    // Without the beats the connection would count as cut, and without retries that would be the end.
    const backend = await remoteBackend({ url: worker.url, silenceMs: 400, retries: 0, fetch: own });
    await using trained = await backend.compile(network, training);
    const made = trained.steps(data, batchesOf(3));
    await until(isBegun);
    for (let beat = 0; beat < 30; beat++) {
      const before = bytes();
      vi.advanceTimersByTime(50);
      await until(() => bytes() > before);
    }
    release();
    expect(await made).toEqual(Float32Array.of(0, 1, 2));
  });

  it('counts as cut where the worker says nothing', async () => {
    fakeClock();
    const { steps, isBegun, release } = holding();
    await using worker = await startWorker({ backend: scriptedBackend({ steps }), beatMs: 1e6 });
    const backend = await remoteBackend({ url: worker.url, silenceMs: 400, retries: 0 });
    await using trained = await backend.compile(network, training);
    const made = trained.steps(data, batchesOf(3));
    made.catch(() => {});
    await until(isBegun);
    vi.advanceTimersByTime(401);
    await expect(made).rejects.toMatchObject({ code: 'RUN_CHILD_FAILED' });
    release();
  });

  it('is heard where this thread was busy for longer than the silence, before anything counts as cut', async () => {
    const { steps, isBegun, release } = holding();
    await using worker = await startWorker({ backend: scriptedBackend({ steps }), beatMs: 20 });
    const backend = await remoteBackend({ url: worker.url, silenceMs: 400, retries: 0 });
    await using trained = await backend.compile(network, training);
    const made = trained.steps(data, batchesOf(3));
    await until(isBegun);
    for (let i = 0; i < 3; i++) {
      const end = performance.now() + 600;
      while (performance.now() < end);
      await turn();
    }
    release();
    expect(await made).toEqual(Float32Array.of(0, 1, 2));
  });

  it('keeps its network, however long ago it came', async () => {
    fakeClock();
    const { steps, isBegun, release } = holding();
    let disposed = 0;
    const scripted = scriptedBackend({ steps, onDispose: () => disposed++ });
    await using worker = await startWorker({ backend: scripted, idleMs: 4000, beatMs: 1e6 });
    const backend = await remoteBackend({ url: worker.url, silenceMs: 1e6 });
    const idle = await backend.compile(network, training);
    await using trained = await backend.compile(network, training);
    const made = trained.steps(data, batchesOf(3));
    await until(isBegun);
    vi.advanceTimersByTime(20_000);
    await until(() => disposed > 0);
    release();
    expect(await made).toEqual(Float32Array.of(0, 1, 2));
    expect((await trained.snapshot()).step).toBe(3);
    // The one that nothing was asked of, and no third one was made in place of the other.
    expect([disposed, scripted.made]).toEqual([1, 2]);
    await idle[Symbol.asyncDispose]();
  });
});

describe('a connection that was cut', () => {
  it('goes on behind the last message that came', async () => {
    const asked: string[] = [];
    // The first answer ends behind its fifth message.
    const own: typeof fetch = async (input, init) => {
      if (init?.method === 'POST') asked.push(new URL(String(input)).search);
      const response = await fetch(input, init);
      if (init?.method !== 'POST' || asked.length > 1) return response;
      const bytes = Buffer.from(await response.arrayBuffer());
      let end = 0;
      for (let i = 0; i < 5; i++) end += 4 + bytes.readUInt32LE(end);
      return new Response(bytes.subarray(0, end + 3), response);
    };
    await using worker = await startWorker({ backend: scriptedBackend(), beatMs: 1e6 });
    const backend = await remoteBackend({ url: worker.url, retryDelayMs: 1, checkpointEvery: 1, fetch: own });
    await using trained = await backend.compile(network, training);
    const seen: number[] = [];
    const losses = await trained.steps(data, batchesOf(6), { onSteps: (step) => seen.push(step) });
    expect(asked).toEqual(['?from=0', '?from=5']);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(losses).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
  });
});

describe('data that are sent', () => {
  it('are taken under their own hash alone', async () => {
    await using worker = await startWorker({ backend: scriptedBackend() });
    const ask = (method: string, hash: string) =>
      fetch(`${worker.url}/v1/blobs/${hash}`, {
        method,
        headers: { [protocolHeader]: '1' },
        ...(method === 'PUT' ? { body: encodeData(data) as Uint8Array<ArrayBuffer> } : {}),
      });
    const [wrong, right] = ['0'.repeat(64), createHash('sha256').update(encodeData(data)).digest('hex')];
    expect((await ask('PUT', wrong)).status).toBe(400);
    expect((await ask('HEAD', wrong)).status).toBe(404);
    expect((await ask('PUT', right)).status).toBe(200);
    expect((await ask('HEAD', right)).status).toBe(200);
  });

  it('have time by their size before the connection counts as cut', async () => {
    fakeClock();
    const { own, release } = heldFetch();
    await using worker = await startWorker({ backend: scriptedBackend() });
    const backend = await remoteBackend({ url: worker.url, silenceMs: 400, retries: 0, fetch: own });
    await using trained = await backend.compile(network, training);
    const large: TrainingData = {
      inputs: { x: { dtype: 'float32', shape: [500_000], data: new Float32Array(500_000) } },
      targets: {},
    };
    const made = trained.steps(large, batchesOf(1));
    await until(() => release.isWaiting);
    // 2 MB have two seconds, and then the silence.
    vi.advanceTimersByTime(2300);
    release.go();
    expect(await made).toHaveLength(1);
  });
});

/** A `fetch` whose requests that send data wait until they are let go, as on a slow line. */
function heldFetch() {
  const release = { isWaiting: false, go: () => {} };
  const held = new Promise<void>((resolve) => {
    release.go = resolve;
  });
  const own: typeof fetch = async (input, init) => {
    if (init?.method === 'PUT' && String(input).includes('/blobs/')) {
      release.isWaiting = true;
      await held;
    }
    return fetch(input, init);
  };
  return { own, release };
}
