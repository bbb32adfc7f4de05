/** What runs in the page: networks by our backends, and by TensorFlow.js as its own users train them. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Backend, TrainableNetwork } from '../../src/backends/backend.ts';
import { onnxWebBackend } from '../../src/backends/engine-web.ts';
import { tfjsBackend } from '../../src/backends/tfjs/index.ts';
import { type WebCaseName, webBatches, webCases, webData, webTraining } from './cases.ts';
import { bestOf, measureTf } from './measure-tf.ts';

/** What the page has, by name: the tests and the bench call it through the browser. */
export interface WebPage {
  /** Trains by one of our backends; the model is the exported file. */
  train(backend: BackendName, name: WebCaseName, rows: number, steps: number): Promise<Trained>;
  /** Samples per second of our backend: the best of some rounds of steps. */
  measure(backend: BackendName, name: WebCaseName, steps: number, rounds: number): Promise<number>;
  /** The same of TensorFlow.js itself. */
  measurePeer(backend: TfName, name: WebCaseName, steps: number, rounds: number): Promise<number>;
  /** Milliseconds that timers wait at most, and whether an abort is seen, while a network trains. */
  watch(name: WebCaseName, abortAfterMs: number): Promise<{ readonly longestMs: number; readonly code: string }>;
}

/** What a page has trained. */
export interface Trained {
  readonly losses: readonly number[];
  readonly model: readonly number[];
  readonly runtime: string;
}

type TfName = 'cpu' | 'wasm' | 'webgl';

/** `onnx`, or a backend of TensorFlow.js under ours. */
export type BackendName = 'onnx' | `tfjs-${TfName}`;

const threads = Number(
  new URLSearchParams((globalThis as unknown as { location: { search: string } }).location.search).get('threads') ?? 1,
);

async function useTf(name: TfName): Promise<void> {
  if (name === 'wasm' && tf.findBackend('wasm') === null) {
    setWasmPaths('/tfjs-wasm/');
    setThreadsCount(threads);
  }
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js has no backend ${name} here.`);
  await tf.ready();
}

const onnx = onnxWebBackend({ threads, wasmPaths: '/onnxruntime/' });

async function backendOf(name: BackendName): Promise<Backend> {
  if (name === 'onnx') return onnx;
  await useTf(name.slice('tfjs-'.length) as TfName);
  return tfjsBackend({ tf });
}

const page: WebPage = {
  async train(backend, name, rows, steps) {
    const task = webCases[name];
    const chosen = await backendOf(backend);
    const network = await chosen.compile(task.spec, webTraining);
    const losses = await network.steps(webData(task, rows), webBatches(task, rows, steps));
    const model = await network.toModel();
    await network[Symbol.asyncDispose]();
    const about = await chosen.runtime?.();
    return { losses: [...losses], model: [...model], runtime: about?.name ?? chosen.name };
  },
  async measure(backend, name, steps, rounds) {
    const task = webCases[name];
    const rows = steps * task.batch;
    const network = await (await backendOf(backend)).compile(task.spec, webTraining);
    const data = webData(task, rows);
    const batches = webBatches(task, rows, steps);
    await network.steps(data, batches);
    const best = await bestOf(rounds, rows, () => network.steps(data, batches));
    await network[Symbol.asyncDispose]();
    return best;
  },
  async measurePeer(backend, name, steps, rounds) {
    await useTf(backend);
    return measureTf(tf, name, steps, rounds);
  },
  async watch(name, abortAfterMs) {
    const task = webCases[name];
    const network: TrainableNetwork = await onnx.compile(task.spec, webTraining);
    const data = webData(task, 4 * task.batch);
    const batches = webBatches(task, 4 * task.batch, 1_000_000);
    // Sizes of calls settle first.
    await network.steps(data, batches.slice(0, 50));
    let [last, longestMs] = [performance.now(), 0];
    const beat = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 10);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), abortAfterMs);
    const ended = network.steps(data, batches, { signal: controller.signal });
    const code = await ended.then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
    clearInterval(beat);
    await network[Symbol.asyncDispose]();
    return { longestMs, code };
  },
};

Object.assign(globalThis, { page });
