import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeMixedCsv } from './csv-data.ts';
import { type Bench, makeRow, type Row, type RunOptions } from './row.ts';

const threads = 2;
const rounds = 5;

interface Reading {
  readonly seconds: number;
  readonly peakMb: number;
  readonly rows: number;
  readonly columns: number;
  readonly sum: number;
}

/** Builds the child and its thread beside each other, where Node finds the packages. */
function buildChild(): { file: string; remove: () => void } {
  const cache = join('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-csv-'));
  const tsup = join(dirname(createRequire(import.meta.url).resolve('tsup/package.json')), 'dist/cli-default.js');
  const entries = ['--entry.child', 'bench/csv-child.ts', '--entry.csv-thread', 'src/tools/data/csv/csv-thread.ts'];
  const options = ['--no-config', '--format', 'esm', '--target', 'node20', '--silent', '--out-dir', folder];
  execFileSync(process.execPath, [tsup, ...entries, ...options], { stdio: 'inherit' });
  return { file: join(folder, 'child.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function run({ python, quick }: RunOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-csv-'));
  const child = buildChild();
  try {
    const count = quick ? 50_000 : 1_000_000;
    const path = join(folder, 'mixed.csv');
    writeMixedCsv(path, count);
    const readings: Record<string, Reading[]> = { read: [], profile: [], polars: [], 'csv-parse': [] };
    const start = (command: string, args: readonly string[]): Reading =>
      JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })) as Reading;
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      readings.read!.push(start(process.execPath, [child.file, 'read', path, String(threads)]));
      readings.polars!.push(start(python, ['bench/csv-polars.py', path, String(threads)]));
      readings.profile!.push(start(process.execPath, [child.file, 'profile', path, String(threads)]));
      if (round === 0) readings['csv-parse']!.push(start(process.execPath, [child.file, 'csv-parse', path, '1']));
    }
    const all = Object.values(readings).flat();
    if (all.some(({ rows, columns, sum }) => rows !== count || columns !== 20 || sum !== all[0]!.sum)) {
      throw new Error('Expected every reader to read the same rows.');
    }
    const seconds = (what: string): number => median(readings[what]!.map((reading) => reading.seconds));
    const row = (metric: string, ours: number, peer: number, limit: string): Row =>
      makeRow({ bench: 'csv', case: `${count} × 20`, metric, ours, peer, ratio: ours / peer, must: limit });
    const peakMb = Math.max(...readings.profile!.map((reading) => reading.peakMb));
    return [
      row(`read seconds, against polars (${threads} threads each)`, seconds('read'), seconds('polars'), '<= 1.2'),
      row('read seconds, against csv-parse', seconds('read'), seconds('csv-parse'), '<= 0.3'),
      row('read and profile seconds, against 2', seconds('profile'), 2, '<= 1'),
      row('peak MB of reading and profiling, against 600', peakMb, 600, '<= 1'),
    ];
  } finally {
    child.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reading a large mixed CSV file. */
const bench: Bench = { name: 'csv', about: 'Reading and profiling a CSV file, against polars and csv-parse.', run };
export default bench;
