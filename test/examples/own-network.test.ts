import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as engine from 'traineragent/engine';
import { afterEach, expect, it, vi } from 'vitest';

const home = process.cwd();
let folder: string | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  process.chdir(home);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

it('own-network learns two spirals, over a stop, and writes a model that predicts', async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-network-'));
  process.chdir(folder);
  const lines: unknown[][] = [];
  vi.spyOn(console, 'log').mockImplementation((...line) => void lines.push(line));
  await import('../../examples/own-network.ts');
  expect(lines[0]![0]).toContain('residual-1.dense-1');
  const [name, loss] = lines.at(-1) as [string, number];
  expect(name).toBe('loss');
  expect(loss).toBeLessThan(0.1);

  const model = await readFile('spirals.onnx');
  await using predictor = await engine.onnxBackend().load(model, { where: 'inline' });
  const point: engine.Tensor = { dtype: 'float32', shape: [1, 2], data: Float32Array.of(0.1, 0.1) };
  expect((await predictor.predict({ point })).output!.shape).toEqual([1, 2]);
});

it('the engine exports what its page names', async () => {
  const page = await readFile(join(home, 'docs/engine.md'), 'utf8');
  expect(Object.keys(engine).filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});
