import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Case, cases } from './engine-cases.ts';
import { miniLmCase } from './minilm.ts';
import { type Bench, isChosen, makeRow, type Row, type RunOptions } from './row.ts';

/** What the child says, in megabytes: before anything was compiled, at most, as estimated, and after each quarter of the steps. */
interface Reading {
  readonly before: number;
  readonly peak: number;
  readonly estimate: number;
  readonly grown: readonly number[];
}

/** What a session takes whatever its network: threads, code, the graph itself. */
const sessionMb = 16;

async function withChild<T>(work: (file: string) => Promise<T>): Promise<T> {
  const file = join('node_modules', '.cache', `engine-memory-${process.pid}.mjs`);
  const how = { bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20' } as const;
  await build({ ...how, entryPoints: ['bench/engine-memory-child.ts'], outfile: file, logLevel: 'error' });
  try {
    return await work(file);
  } finally {
    rmSync(file, { force: true });
  }
}

/** Megabytes that PyTorch's process takes at most. */
function peakOfPeer({ model, spec, batch, rows }: Case, python: string): number {
  const isOwn = model.kind === 'minilm';
  const args = isOwn ? ['bench/minilm.py', 'train'] : ['bench/engine.py'];
  const request = isOwn
    ? { steps: 4 }
    : { ...model, shape: spec.inputs.x!.shape, batch, rows: Math.min(rows, 8 * batch), seconds: 0 };
  const out = execFileSync(python, args, { input: `${JSON.stringify(request)}\n`, encoding: 'utf8' });
  return (JSON.parse(out.trim().split('\n').at(-1)!) as { peakMb: number }).peakMb;
}

async function run({ python, quick, only }: RunOptions): Promise<Row[]> {
  return withChild(async (file) => {
    const measure = (name: string, steps: number): Reading =>
      JSON.parse(
        execFileSync(process.execPath, ['--expose-gc', file, name, String(steps), python], { encoding: 'utf8' }),
      ) as Reading;
    const rows: Row[] = [];
    const all = quick ? cases.slice(0, 3) : [...cases, miniLmCase(python)];
    for (const task of all.filter(({ name }) => isChosen(name, only))) {
      const { before, peak, estimate } = measure(task.name, 8);
      const peer = peakOfPeer(task, python);
      const row = { bench: 'engine-memory', case: task.name };
      rows.push(makeRow({ ...row, metric: 'peak MB', ours: peak, peer, ratio: peak / peer, must: '<= 1.5' }));
      const expected = estimate + sessionMb;
      const taken = peak - before;
      // What a very small network takes is not this estimate's to say.
      if (taken < 20) continue;
      const metric = 'estimated MB, of those taken';
      rows.push(makeRow({ ...row, metric, ours: expected, peer: taken, ratio: expected / taken, must: '0.6..1.6' }));
    }
    const first = cases[1]!;
    if (!isChosen(first.name, only)) return rows;
    const steps = quick ? 400 : 10_000;
    const { grown } = measure(first.name, steps);
    const [, half, , end] = grown as [number, number, number, number];
    const metric = `MB grown in the second half of ${steps} steps`;
    const row = { bench: 'engine-memory', case: first.name, metric, ours: end, peer: half, ratio: end - half };
    return [...rows, makeRow({ ...row, must: '<= 20' })];
  });
}

const bench: Bench = {
  name: 'engine-memory',
  about:
    'Memory of training against PyTorch (the most that a fresh process has), the estimate beside it, and growth over 10,000 steps.',
  run,
};

export default bench;
