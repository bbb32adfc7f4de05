import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../src/core/helpers/random.ts';
import { buildArtefact } from '../src/tools/artefact/build-artefact.ts';
import { applyPreparation } from '../src/tools/data/prepare/apply-preparation.ts';
import { encodeTarget } from '../src/tools/data/prepare/encode-target.ts';
import { missingCategory } from '../src/tools/data/prepare/missing-category.ts';
import { planPreparation } from '../src/tools/data/prepare/plan-preparation.ts';
import { signatureInputs } from '../src/tools/data/prepare/signature-inputs.ts';
import { readTable } from '../src/tools/data/read-table.ts';
import { linearLearner } from '../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../src/tools/learn/trees/trees-learner.ts';
import { writeMixedCsv } from './csv-data.ts';
import { type Bench, makeRow, type Row, type RunOptions } from './row.ts';

/** Columns that the models take: 12 numbers, 4 categories, 2 dates and times; the file has 20. */
const target = 'active';
const leftOut = ['id', 'note', target];

/** A model of the first rows of the file. */
async function modelOf(path: string, kind: 'linear' | 'trees', iterations: number): Promise<Uint8Array> {
  const { table } = await readTable({ kind: 'file', path });
  const names = table.columns.map(({ name }) => name).filter((name) => !leftOut.includes(name));
  const { preparation } = planPreparation(table, names);
  const features = applyPreparation(table, preparation);
  const random = createRandom('predict-file');
  const column = table.columns.find(({ name }) => name === target)!;
  const problem = { task: 'binary', classCount: 2 } as const;
  const labels = encodeTarget(column, 'binary', { classes: ['no', 'yes'] }).target;
  const rows = { features, target: labels };
  const fit =
    kind === 'linear'
      ? await linearLearner.fit(rows, { alpha: 1, knots: 0, clip: false }, problem, { random, threads: 1 })
      : await treesLearner.fit(rows, { iterations, learningRate: 0.1, leaves: 31, minChildSamples: 5 }, problem, {
          random,
          threads: 1,
        });
  return buildArtefact({
    signature: {
      formatVersion: 1,
      task: 'binary',
      target,
      inputs: signatureInputs(table, preparation),
      missingCategory,
      output: { kind: 'classification', classes: ['no', 'yes'], positive: 'yes' },
    },
    preparation,
    members: [{ model: fit.model, weight: 1 }],
    card: { formatVersion: 1, task: 'binary' },
  }).bytes;
}

/** What one call of the command line took. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
  readonly peakMb: number;
  readonly bytes: number;
}

/** Runs `traineragent predict` in a process of its own and reads what it used from `/usr/bin/time`'s counters of a child. */
function predict(model: string, data: string, out: string): Took {
  const script = `
    const { spawnSync } = require('node:child_process');
    const from = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'data:text/javascript,process.on("exit",()=>{const u=process.resourceUsage();process.stderr.write("\\\\nUSAGE "+JSON.stringify({cpu:(u.userCPUTime+u.systemCPUTime)/1e6,peakMb:u.maxRSS/1024}))})', 'dist/cli.js', 'predict', ...process.argv.slice(1)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const usage = JSON.parse(stderr.split('USAGE ')[1]);
    console.log(JSON.stringify({ wall: (performance.now() - from) / 1000, ...usage }));`;
  const args = ['-e', script, '--', model, '--data', data, '--out', out];
  const took = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Omit<Took, 'bytes'>;
  return { ...took, bytes: statSync(out).size };
}

async function run({ quick }: RunOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-predict-file-'));
  try {
    const count = quick ? 100_000 : 1_000_000;
    const [few, many] = [join(folder, 'few.csv'), join(folder, 'many.csv')];
    writeMixedCsv(few, 20_000);
    writeMixedCsv(many, count);
    const rows: Row[] = [];
    for (const [kind, iterations, must] of [
      ['linear', 0, 200_000],
      ['trees', 300, 50_000],
    ] as const) {
      const model = join(folder, `${kind}.onnx`);
      writeFileSync(model, await modelOf(few, kind, iterations));
      closeSync(openSync(join(folder, 'out.csv'), 'w'));
      const tries = Array.from({ length: quick ? 1 : 3 }, () => predict(model, many, join(folder, 'out.csv')));
      const best = tries.reduce((a, b) => (b.wall < a.wall ? b : a));
      const name = `${kind === 'linear' ? 'linear' : `${iterations} trees`}, ${count} rows × 20 columns`;
      const row = (metric: string, ours: number, peer: number, limit: string): Row =>
        makeRow({ bench: 'predict-file', case: name, metric, ours, peer, ratio: ours / peer, must: limit });
      rows.push(
        row('rows a second by the clock, against what it must', count / best.wall, must, '>= 1'),
        row(
          'rows a second of processor time, against the same',
          count / Math.min(...tries.map(({ cpu }) => cpu)),
          must,
          '>= 1',
        ),
        row('peak MB, against 400', Math.max(...tries.map(({ peakMb }) => peakMb)), 400, '<= 1'),
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The command line on a large file. */
const bench: Bench = {
  name: 'predict-file',
  about:
    'Rows a second of `traineragent predict` from CSV to CSV, reading and writing included, start of the process too.',
  run,
};
export default bench;
