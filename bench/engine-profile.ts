import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseLayout } from '../src/backends/onnx/layout/choose-layout.ts';
import { loadRuntime } from '../src/backends/onnx/load-runtime.ts';
import { fromRuntime, toRuntime } from '../src/backends/onnx/tensors.ts';
import { sessionOpener, trainingOptions } from '../src/backends/onnx/train/session.ts';
import { compileNetwork } from '../src/backends/onnx/train/trainable-network.ts';
import type { OpenSession } from '../src/backends/onnx/train/training-session.ts';
import { type Case, cases, makeData, training } from './engine-cases.ts';
import { miniLmCase } from './minilm.ts';
import { type Bench, isChosen, makeRow, type Row } from './row.ts';

/** What the runtime writes of each call of a kernel. */
interface ProfiledEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

/** Kernels of one operator in a step. */
interface Share {
  readonly operator: string;
  readonly calls: number;
  readonly microseconds: number;
}

/** A session that writes what each of its kernels takes to a file of the folder. */
function profiledSession(folder: string): OpenSession {
  return async (model, threads) => {
    const runtime = await loadRuntime();
    const session = await runtime.InferenceSession.create(model, {
      ...trainingOptions(runtime, threads, {}),
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    return {
      run: async (feeds) => fromRuntime(await session.run(toRuntime(runtime, feeds))),
      async [Symbol.asyncDispose]() {
        session.endProfiling();
        await session.release();
      },
    };
  };
}

/** Kernels by operator, the longest first; with `byShape`, those of each shape of output alone. */
export async function profile(task: Case, steps: number, threads = 2, byShape = false): Promise<readonly Share[]> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-profile-'));
  try {
    const data = makeData(task);
    const batch = Int32Array.from({ length: task.batch }, (_, i) => i);
    const layout = async () => chooseLayout(sessionOpener(await loadRuntime()), task.layout);
    const host = { openSession: profiledSession(folder), layout };
    const trained = await compileNetwork(task.spec, task.training ?? training(threads), host);
    await trained.steps(data, new Array<Int32Array>(steps).fill(batch));
    await trained[Symbol.asyncDispose]();
    // The quickest call of each node: others waited for other work on the machine.
    const nodes = new Map<string, { operator: string; microseconds: number }>();
    for (const file of readdirSync(folder)) {
      const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly ProfiledEvent[];
      for (const { cat, name, dur, args } of events) {
        if (cat !== 'Node' || !name.endsWith('_kernel_time') || args?.op_name === 'Scan') continue;
        const shape = byShape ? ` ${JSON.stringify(args?.output_type_shape?.map((one) => Object.values(one)[0]))}` : '';
        const microseconds = Math.min(dur, nodes.get(name)?.microseconds ?? dur);
        nodes.set(name, { operator: `${args?.op_name}${shape}`, microseconds });
      }
    }
    const shares = new Map<string, { calls: number; microseconds: number }>();
    for (const { operator, microseconds } of nodes.values()) {
      const share = shares.get(operator) ?? { calls: 0, microseconds: 0 };
      shares.set(operator, { calls: share.calls + 1, microseconds: share.microseconds + microseconds });
    }
    return [...shares]
      .map(([operator, share]) => ({ operator, ...share }))
      .sort((a, b) => b.microseconds - a.microseconds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds from the network's description until the runtime has its training graph ready to run: the best of three. */
async function measureCompilation(task: Case): Promise<number> {
  const data = makeData(task);
  const batch = Int32Array.from({ length: task.batch }, (_, i) => i);
  const open = sessionOpener(await loadRuntime());
  const layout = async () => chooseLayout(open, task.layout);
  await layout(); // probed once in a process
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    let ready = 0;
    const openSession: OpenSession = async (...model) => {
      const session = await open(...model);
      ready = performance.now();
      return session;
    };
    await using trained = await compileNetwork(task.spec, task.training ?? training(2), { openSession, layout });
    await trained.steps(data, [batch]);
    best = Math.min(best, ready - started);
  }
  return best;
}

async function compileRow(task: Case): Promise<Row> {
  const ours = await measureCompilation(task);
  const row = { bench: 'engine-profile', case: task.name, metric: 'ms to compile, of 300', ours, peer: 300 };
  return makeRow({ ...row, ratio: ours / 300, must: '<= 1' });
}

/** The operators that take more than one in a hundred, as a table. */
function table(task: Case, shares: readonly Share[]): string {
  const total = shares.reduce((sum, { microseconds }) => sum + microseconds, 0);
  const nodes = shares.reduce((sum, { calls }) => sum + calls, 0);
  const lines = shares
    .filter(({ microseconds }) => microseconds >= total / 100)
    .map((share) => {
      const percent = ((100 * share.microseconds) / total).toFixed(1);
      return `| ${share.operator} | ${share.calls} | ${share.microseconds} | ${percent} % |`;
    });
  const head = ['| operator | calls a step | µs a step | share |', '| --- | --- | --- | --- |'];
  return [`\n${task.name}: ${nodes} nodes, ${total} µs a step\n`, ...head, ...lines].join('\n');
}

const bench: Bench = {
  name: 'engine-profile',
  about:
    'Where the time of a training step goes, by operator (one thread, the quickest call of each node), and how long a graph takes to compile.',
  async run({ python, quick, only }) {
    const rows: Row[] = [];
    const all = quick ? cases : [...cases, miniLmCase(python)];
    for (const task of all.filter(({ name }) => isChosen(name, only))) {
      console.error(table(task, await profile(task, quick ? 5 : 30, 1)));
      rows.push(await compileRow(task));
    }
    return rows;
  },
};

export default bench;
