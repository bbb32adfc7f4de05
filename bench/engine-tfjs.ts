import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { type Bench, type Row, rateRow } from './row.ts';
import { type WebCaseName, webBatches, webCases, webData, webTraining } from './web/cases.ts';
import { bestOf, measureTf } from './web/measure-tf.ts';

interface Duel {
  readonly case: string;
  readonly task: WebCaseName;
  readonly peer: 'wasm' | 'cpu';
  /** Few, as a step of the peer takes up to a minute. */
  readonly peerSteps: number;
  readonly must: string;
}

/** TensorFlow.js has no kernel on wasm for the gradient of a filter: convolutions are held against its CPU backend alone. */
const duels: readonly Duel[] = [
  { case: 'MLP 784-256-128-10, batch 128, to tfjs-wasm', task: 'mlp', peer: 'wasm', peerSteps: 10, must: '>= 30' },
  { case: 'MLP 784-256-128-10, batch 128, to tfjs-cpu', task: 'mlp', peer: 'cpu', peerSteps: 2, must: '>= 200' },
  { case: 'CNN 28x28, 32-64, batch 64, to tfjs-cpu', task: 'cnn', peer: 'cpu', peerSteps: 1, must: '>= 500' },
];

/** The better of two threads and one: on a machine with other work, two may wait for each other. */
async function measureOurs(name: WebCaseName, rounds: number): Promise<number> {
  const task = webCases[name];
  const steps = 50;
  const rows = steps * task.batch;
  const [data, batches] = [webData(task, rows), webBatches(task, rows, steps)];
  let best = 0;
  for (const threads of [2, 1]) {
    await using network = await onnxBackend().compile(task.spec, { ...webTraining, threads });
    await network.steps(data, batches);
    best = Math.max(best, await bestOf(rounds, rows, () => network.steps(data, batches)));
  }
  return best;
}

const bench: Bench = {
  name: 'engine-tfjs',
  about:
    'Training throughput in Node in samples per second against TensorFlow.js, on its wasm backend (one thread, all that it has in Node) and its CPU backend, whose steps take minutes.',
  async run({ quick }) {
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
    const rows: Row[] = [];
    for (const { task, peer, peerSteps, must, case: name } of duels) {
      await tf.setBackend(peer);
      await tf.ready();
      const theirs = await measureTf(tf, task, peerSteps, quick || peer === 'cpu' ? 1 : 3);
      const ours = await measureOurs(task, quick ? 2 : 6);
      rows.push(rateRow('engine-tfjs', name, ours, theirs, must));
    }
    return rows;
  },
};

export default bench;
