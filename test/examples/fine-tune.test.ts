import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxBackend } from 'traineragent/engine';
import { afterEach, expect, it, vi } from 'vitest';

const home = process.cwd();
let folder: string | undefined;

afterEach(async () => {
  vi.restoreAllMocks();
  process.chdir(home);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

it('fine-tune learns a question of its own, by all weights and by a low-rank change, and writes a model that predicts', async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-fine-tune-'));
  process.chdir(folder);
  const lines: unknown[][] = [];
  vi.spyOn(console, 'log').mockImplementation((...line) => void lines.push(line));
  await import('../../examples/fine-tune.ts');
  const [counts, whole, lowRank] = lines as [[number, string, number], ...[string, number, string, number][]];
  expect(counts[2]).toBeLessThan(counts[0]);
  for (const [, loss, , accuracy] of [whole!, lowRank!]) {
    expect(loss).toBeLessThan(0.2);
    expect(accuracy).toBe(1);
  }
  const model = await readFile('has-7.onnx');
  await using predictor = await onnxBackend().load(model, { where: 'inline' });
  const mask = { dtype: 'int64', shape: [1, 6], data: new BigInt64Array(6).fill(1n) } as const;
  const text = { dtype: 'int64', shape: [1, 6], data: BigInt64Array.of(1n, 0n, 2n, 7n, 4n, 5n) } as const;
  const { output } = await predictor.predict({ ids: text, mask });
  expect(Number(output!.data[1])).toBeGreaterThan(Number(output!.data[0]));
});
