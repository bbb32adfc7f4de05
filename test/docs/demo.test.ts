import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const run = promisify(execFile);
const demo = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-demo-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('the demo trains twice, writes reports and models, and predicts over HTTP', async () => {
  const { stdout, stderr } = await run(process.execPath, [demo, '--out', folder, '--budget', '60']);
  expect(stderr).toBe('');
  expect(stdout.match(/● (Accepted|Counter-offer)/g)).toHaveLength(2);
  expect(stdout).toMatch(/balanced accuracy 0?\.?\d+ on test rows/);
  expect(stdout).toMatch(/200 \{"prediction":"Gentoo"/);
  expect(stdout).toMatch(/200 \{"prediction":\d+\.\d+,"interval":/);
  expect((await readdir(folder)).sort()).toEqual(['cars.html', 'cars.onnx', 'penguins.html', 'penguins.onnx']);
  expect(await readFile(join(folder, 'cars.html'), 'utf8')).toContain('Miles_per_Gallon');
});

it('the demo fails before it trains where ONNX Runtime is missing, with the line to type', async () => {
  await mkdir(join(folder, 'scripts'));
  await copyFile(demo, join(folder, 'scripts/demo.mjs'));
  const failure = await run(process.execPath, [join(folder, 'scripts/demo.mjs')]).catch((error) => error);
  expect(failure).toMatchObject({ code: 1, stdout: '' });
  expect(failure.stderr).toContain('npm i onnxruntime-node --no-save --ignore-scripts');
});
