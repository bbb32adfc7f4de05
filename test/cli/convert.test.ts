import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { convert, convertToBrowser, convertToModule, type Precision } from '../../src/index.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { networkLearner } from '../../src/tools/learn/network/network-learner.ts';
import { buildSampleModel } from '../tools/artefact/sample-model.ts';
import { fakeIo, fakeServices } from './fakes.ts';

let folder: string;
const services = fakeServices({ conversions: { convert, convertToBrowser, convertToModule } });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
  const small = await buildSampleModel('binary', [{ learner: linearLearner, weight: 1 }]);
  await writeFile(join(folder, 'linear.onnx'), small.artefact.bytes);
  const network = await buildSampleModel('binary', [
    { learner: networkLearner, weight: 1, configuration: { width: 64, epochs: 2 } },
  ]);
  await writeFile(join(folder, 'network.onnx'), network.artefact.bytes);
  const header = 'tenure,since,plan,active,usage,region';
  const lines = Array.from({ length: 60 }, (_, i) => `${i} years,2020-01-0${(i % 9) + 1},basic,yes,${i * 3},N`);
  await writeFile(join(folder, 'rows.csv'), [header, ...lines].join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('traineragent convert', () => {
  test.each<[Precision, string[], RegExp]>([
    ['float16', [], /made-up rows/],
    ['int8', ['--data', 'rows.csv'], /On 60 rows the answers differ/],
    ['int8-dynamic', [], /labels changed/],
  ])('writes a smaller file and says what it cost: %s', async (to, more, said) => {
    const io = fakeIo(folder);
    expect(await runCli(['convert', 'network.onnx', '--to', to, '--out', `${to}.onnx`, ...more], io, services)).toBe(0);
    expect(io.stderr.text).toMatch(said);
    const [before, after] = await Promise.all(['network', to].map((name) => readFile(join(folder, `${name}.onnx`))));
    expect(after!.length).toBeLessThan(0.75 * before!.length);
  });

  test('makes a module and a folder for the browser', async () => {
    const io = fakeIo(folder);
    expect(await runCli(['convert', 'linear.onnx', '--to', 'module', '--out', 'model.ts'], io, services)).toBe(0);
    expect(await readFile(join(folder, 'model.ts'), 'utf8')).toContain('export interface ModelInput');
    expect(await runCli(['convert', 'linear.onnx', '--to', 'browser', '--out', 'web'], io, services)).toBe(0);
    expect(await readdir(join(folder, 'web'))).toEqual(
      expect.arrayContaining(['index.html', 'model.js', 'model.onnx', 'page.js', 'ort-wasm-simd-threaded.wasm']),
    );
  });

  test.each([
    [['linear.onnx', '--to', 'float16', '--out', 'x.onnx'], 1, /would have \d+ bytes.*MODEL_UNSUPPORTED/],
    [['linear.onnx', '--to', 'zip', '--out', 'x'], 2, /float16/],
    [['linear.onnx', '--out', 'x'], 2, /--to/],
    [['linear.onnx', '--to', 'module', '--out', 'x.js', '--data', 'rows.csv'], 2, /nothing is rounded/],
  ])('refuses with a reason: %j', async (words, code, said) => {
    const io = fakeIo(folder);
    expect(await runCli(['convert', ...words], io, services)).toBe(code);
    expect(io.stderr.text).toMatch(said);
  });
});
