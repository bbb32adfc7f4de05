/** What runs in the page: networks by our backends, and by TensorFlow.js as its own users train them. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Backend, TrainableNetwork } from '../../src/backends/backend.ts';
import { onnxWebBackend } from '../../src/backends/engine-web.ts';
import { tfjsBackend } from '../../src/backends/tfjs/index.ts';
import { type WebCaseName, webBatches, webCases, webData, webTraining } from './cases.ts';

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

async function bestOf(rounds: number, samples: number, round: () => Promise<unknown>): Promise<number> {
  let best = 0;
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    await round();
    best = Math.max(best, (samples * 1000) / (performance.now() - started));
  }
  return best;
}

/** The same network by the layers of TensorFlow.js. */
function peerOf(name: WebCaseName): tf.Sequential {
  const { spec } = webCases[name];
  const model = tf.sequential();
  const inputShape = [...spec.inputs.x!.shape];
  for (const [i, layer] of spec.layers.entries()) {
    const first = i === 0 ? { inputShape } : {};
    const next = spec.layers[i + 1];
    const isLast = i === spec.layers.length - 1;
    const activation = next?.kind === 'activation' ? 'relu' : isLast ? 'softmax' : 'linear';
    if (layer.kind === 'dense') model.add(tf.layers.dense({ units: layer.units, activation, ...first }));
    if (layer.kind === 'conv2d') {
      const { filters } = layer;
      model.add(tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation, ...first }));
    }
    if (layer.kind === 'max-pool2d') model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
    if (layer.kind === 'flatten') model.add(tf.layers.flatten(first));
  }
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'sparseCategoricalCrossentropy' });
  return model;
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
    const task = webCases[name];
    const model = peerOf(name);
    const rows = steps * task.batch;
    const { inputs, targets } = webData(task, rows);
    const x = tf.tensor(inputs.x!.data as Float32Array, [...inputs.x!.shape]);
    const y = tf.tensor(Float32Array.from(targets.y!.data as BigInt64Array, Number), [rows, 1]);
    const step = async (at: number) => {
      const [a, b] = [x.slice(at * task.batch, task.batch), y.slice(at * task.batch, task.batch)];
      await model.trainOnBatch(a, b);
      tf.dispose([a, b]);
    };
    await step(0);
    const best = await bestOf(rounds, rows, async () => {
      for (let at = 0; at < steps; at++) await step(at);
    });
    tf.dispose([x, y]);
    model.dispose();
    return best;
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
