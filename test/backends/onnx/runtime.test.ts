import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  for (const name of ['home', 'tmp']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Loads a model in this process and in a child, and lists what the runtime left in the user's folders. */
function leftBy(env: Record<string, string>): { status: number | null; files: string[] } {
  const program = `
    const { onnxBackend } = await import(${JSON.stringify(`${root}dist/engine.js`)});
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(${JSON.stringify(`${root}test/fixtures/judge/wine.onnx`)});
    for (const where of ['inline', 'child']) await (await onnxBackend().load(bytes, { where }))[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 300));
  `;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH!, HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return { status, files: readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted() };
}

it('the runtime reports nothing to its maker and leaves nothing in the user’s folders', () => {
  expect(leftBy({}).files).toEqual(['home', 'tmp']);
});

it('a host that wants the reports of the runtime can have them', () => {
  expect(leftBy({ ORT_DISABLE_TELEMETRY: '0' }).files.length).toBeGreaterThan(2);
});
