import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onnxBackend } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { type Case, cases, makeData, training, uneven } from './engine-cases.ts';
import { type Bench, isChosen, type Row, rateRow } from './row.ts';

/** The best epoch's samples per second, in shuffled batches, through the backend's interface. */
async function measure(task: Case, seconds: number, threads: number): Promise<number> {
  const data = makeData(task);
  const random = createRandom('order');
  await using trained = await onnxBackend({ layout: task.layout ?? 'auto' }).compile(task.spec, training(threads));
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

/** How much of a padded network's speed one has whose shapes fill no block. */
async function measureUneven(quick: boolean): Promise<Row[]> {
  let [ours, peer] = [0, 0];
  for (let round = 0; round < (quick ? 1 : 4); round++) {
    for (const threads of [2, 1]) {
      ours = Math.max(ours, await measure(uneven.task, quick ? 0.3 : 1, threads));
      peer = Math.max(peer, await measure(uneven.padded, quick ? 0.3 : 1, threads));
    }
  }
  return [rateRow('engine', uneven.name, ours, peer, '>= 0.8')];
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
  async run({ python, quick, only }) {
    const peer = startPeer(python);
    try {
      const { version } = await peer.next();
      console.error(`PyTorch ${version}, alternating, best of all epochs`);
      const rows: Row[] = [];
      for (const task of cases.filter(({ name }) => isChosen(name, only))) {
        let [ours, theirs] = [0, 0];
        for (let round = 0; round < (quick ? 1 : 4); round++) {
          const seconds = quick ? 0.3 : 1.5;
          // The better of two threads and one on both sides: on a machine with other work, two may wait for each other.
          for (const threads of [2, 1]) ours = Math.max(ours, await measure(task, seconds / 2, threads));
          const { model, spec, batch, rows: count } = task;
          const { shape } = spec.inputs.x!;
          peer.child.stdin!.write(`${JSON.stringify({ ...model, shape, batch, rows: count, seconds })}\n`);
          theirs = Math.max(theirs, (await peer.next()).samplesPerSecond as number);
        }
        rows.push(rateRow('engine', task.name, ours, theirs, task.must));
      }
      if (isChosen(uneven.name, only)) rows.push(...(await measureUneven(quick)));
      return rows;
    } finally {
      peer.child.kill();
    }
  },
};

export default bench;
