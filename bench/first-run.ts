import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRow, type Row } from './row.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export default {
  name: 'first-run',
  about:
    "A new user's path, as the README has it: install the tarball in an empty folder, copy the quick start, run it.",
  async run(): Promise<Row[]> {
    const folder = mkdtempSync(join(tmpdir(), 'first-run-'));
    try {
      const packed = mkdtempSync(join(folder, 'packed-'));
      execFileSync('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: root });
      cpSync(join(root, 'examples/data/penguins.csv'), join(folder, 'penguins.csv'));
      const snippet = /```ts\n(import \{ Trainer \}.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!;
      const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
      const started = performance.now();
      execFileSync('npm', ['install', '--loglevel=error', join(packed, readdirSync(packed)[0]!)], { cwd: folder, env });
      const installed = performance.now();
      writeFileSync(join(folder, 'quick-start.mjs'), snippet);
      const text = execFileSync(process.execPath, ['quick-start.mjs'], { cwd: folder, env, encoding: 'utf8' });
      const ended = performance.now();
      if (!/http:\/\/127\.0\.0\.1:\d+/.test(text)) throw new Error(`The quick start printed: ${text}`);
      console.error(
        `install ${((installed - started) / 1000).toFixed(1)} s, run ${((ended - installed) / 1000).toFixed(1)} s`,
      );
      const seconds = (ended - started) / 1000;
      const row = { bench: 'first-run', case: 'penguins', metric: 'seconds from an empty folder to a served model' };
      return [makeRow({ ...row, ours: seconds, peer: 60, ratio: seconds, must: '<= 60' })];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
