import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TrainingData } from '../src/backends/backend.ts';
import { relu } from '../src/backends/network/layers/activation.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { network } from '../src/backends/network/network.ts';
import type { NetworkSpec } from '../src/backends/network/network-spec.ts';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { type Bench, makeRow, type Row } from './row.ts';

interface Case {
  readonly name: string;
  readonly widths: readonly number[];
  readonly batch: number;
  readonly rows: number;
  readonly must: string;
}

const cases: readonly Case[] = [
  { name: 'MLP 20-64-64-2, batch 256', widths: [20, 64, 64, 2], batch: 256, rows: 51200, must: '>= 2.5' },
  { name: 'MLP 784-256-128-10, batch 128', widths: [784, 256, 128, 10], batch: 128, rows: 6400, must: '>= 1.6' },
];

function mlp(widths: readonly number[]): NetworkSpec {
  const layers = widths
    .slice(1)
    .flatMap((units, i) => (i < widths.length - 2 ? [dense(units), relu()] : [dense(units)]));
  return network({ inputs: { x: { dtype: 'float32', shape: [widths[0]!] } }, layers });
}

function makeData({ widths, rows }: Case): TrainingData {
  const random = createRandom('engine');
  const width = widths[0]!;
  const x = Float32Array.from({ length: rows * width }, () => 2 * random.next() - 1);
  const y = BigInt64Array.from({ length: rows }, (_, i) => (x[i * width]! > x[i * width + 1]! ? 1n : 0n));
  return {
    inputs: { x: { dtype: 'float32', shape: [rows, width], data: x } },
    targets: { y: { dtype: 'int64', shape: [rows], data: y } },
  };
}

/** The best epoch's samples per second, in shuffled batches, through the backend's interface. */
async function measure(task: Case, seconds: number, threads: number): Promise<number> {
  const data = makeData(task);
  const random = createRandom('order');
  await using trained = await onnxBackend().compile(mlp(task.widths), {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'adam', learningRate: 1e-3 },
    threads,
  });
  const epoch = async () => {
    const order = random.shuffle(Int32Array.from({ length: task.rows }, (_, i) => i));
    const batches = Array.from({ length: Math.floor(task.rows / task.batch) }, (_, i) =>
      order.subarray(i * task.batch, (i + 1) * task.batch),
    );
    const started = performance.now();
    await trained.steps(data, batches);
    return (batches.length * task.batch * 1000) / (performance.now() - started);
  };
  await epoch();
  let best = 0;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) best = Math.max(best, await epoch());
  return best;
}

/** PyTorch in a process of its own, which sleeps while we measure ourselves. */
function startPeer(python: string): { child: ChildProcess; next(): Promise<Record<string, unknown>> } {
  const child = spawn(python, ['bench/engine.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error('PyTorch’s process ended. Is torch installed in the environment of bench/engine.py?');
      return JSON.parse(value) as Record<string, unknown>;
    },
  };
}

const bench: Bench = {
  name: 'engine',
  about:
    'Training throughput in samples per second against PyTorch: same network, batch and optimiser; the better of one thread and two.',
  async run({ python, quick }) {
    const peer = startPeer(python);
    try {
      const { version } = await peer.next();
      console.error(`PyTorch ${version}, alternating, best of all epochs`);
      const rows: Row[] = [];
      for (const task of cases) {
        let [ours, theirs] = [0, 0];
        for (let round = 0; round < (quick ? 1 : 4); round++) {
          const seconds = quick ? 0.3 : 1.5;
          // The better of two threads and one on both sides: on a machine with other work, two may wait for each other.
          for (const threads of [2, 1]) ours = Math.max(ours, await measure(task, seconds / 2, threads));
          const { widths, batch, rows: count } = task;
          peer.child.stdin!.write(`${JSON.stringify({ widths, batch, rows: count, seconds })}\n`);
          theirs = Math.max(theirs, (await peer.next()).samplesPerSecond as number);
        }
        const metric = 'samples/s';
        rows.push(
          makeRow({
            bench: 'engine',
            case: task.name,
            metric,
            ours,
            peer: theirs,
            ratio: ours / theirs,
            must: task.must,
          }),
        );
      }
      return rows;
    } finally {
      peer.child.kill();
    }
  },
};

export default bench;
