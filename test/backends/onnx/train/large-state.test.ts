import { describe, expect, it } from 'vitest';
import type { TrainingData, TrainingSnapshot } from '../../../../src/backends/backend.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { embedding } from '../../../../src/backends/network/layers/embedding.ts';
import type { ImportedLayer } from '../../../../src/backends/network/layers/imported.ts';
import { flatten } from '../../../../src/backends/network/layers/shaping.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { NetworkSpec } from '../../../../src/backends/network/network-spec.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { importNetwork } from '../../../../src/backends/onnx/import/import-network.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { isLarge, release } from '../../../../src/backends/onnx/train/memory.ts';
import { planTraining } from '../../../../src/backends/onnx/train/plan.ts';

const entries = 700_000;
const spec = network({
  inputs: { id: { dtype: 'int64', shape: [2] } },
  layers: [embedding({ entries, width: 8 }), flatten(), dense(3)],
});
const training: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 0.05 },
  memoryLimitBytes: 2e9,
};
const rows = 16;
const data: TrainingData = {
  inputs: {
    id: {
      dtype: 'int64',
      shape: [rows, 2],
      data: BigInt64Array.from({ length: 2 * rows }, (_, i) => BigInt((i * 43_711) % entries)),
    },
  },
  targets: {
    y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 3)) },
  },
};
const batches = Array.from({ length: 3 }, () => Int32Array.from({ length: rows }, (_, i) => i));

/** By their bytes: millions of numbers take long to be held against each other one by one. */
function expectSameBits(actual: TrainingSnapshot, expected: TrainingSnapshot): void {
  const bytesOf = ({ data: { buffer, byteOffset, byteLength } }: { readonly data: Float32Array }) =>
    Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  for (const [key, tensor] of Object.entries(expected.state)) {
    const own = actual.state[key];
    expect(own?.dtype === 'float32' && tensor.dtype === 'float32' && bytesOf(own).equals(bytesOf(tensor)), key).toBe(
      true,
    );
  }
}

describe('a state so large that its memory is given back at once', () => {
  it('is one', () => {
    expect(isLarge(planTraining(spec, training))).toBe(true);
  });

  it('leaves snapshots alone, and goes on from them to the same bits', async () => {
    await using trained = await onnxBackend().compile(spec, training);
    const first = await trained.steps(data, batches);
    const between = await trained.snapshot();
    const kept = structuredClone(between);
    const then = await trained.steps(data, batches);
    const end = await trained.snapshot();
    expect(then[0]!).toBeLessThan(first[0]!);
    expectSameBits(between, kept);
    await trained.restore(between);
    expect(await trained.steps(data, batches)).toEqual(then);
    expectSameBits(await trained.snapshot(), end);
  });

  it('is kept where training may go back to it', async () => {
    const retreat: Training = {
      ...training,
      optimiser: { kind: 'sgd', learningRate: 1e38, momentum: 0.5 },
      onDivergence: 'retreat',
    };
    await using trained = await onnxBackend().compile(spec, retreat);
    const start = await trained.snapshot();
    const from: number[] = [];
    await trained.steps(data, batches, { onRetreat: (one) => from.push(one.from) }).catch(() => undefined);
    expect(from.length).toBeGreaterThan(0);
    expect(from.every((step) => step === 0)).toBe(true);
    await trained.restore(start);
    expect((await trained.evaluate(data)).loss).toBeCloseTo(Math.log(3), 0);
  });
});

it('weights of a file are trained from where they lie in it, and the file stays as it is', async () => {
  const train = async (tuned: NetworkSpec) => {
    await using trained = await onnxBackend().compile(tuned, training);
    return await trained.steps(data, batches);
  };
  await using first = await onnxBackend().compile(spec, training);
  await first.steps(data, batches);
  const tuned = importNetwork(await first.toModel());
  const [layer] = tuned.layers as readonly [ImportedLayer];
  const before = Buffer.from(layer.model);
  const [table] = planTraining(tuned, training).parameters.map(({ initial }) => initial);
  expect(table?.kind === 'values' && table.values.buffer === layer.model.buffer).toBe(true);
  expect(isLarge(planTraining(tuned, training))).toBe(true);
  const losses = await train(tuned);
  expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  expect(before.equals(layer.model)).toBe(true);
  expect(await train(tuned)).toEqual(losses);
});

it('arrays that were released are empty, those beside them are not', () => {
  const both = new Float32Array(8);
  const other = new Float32Array(4);
  release([both.subarray(0, 4), both.subarray(4)]);
  expect(both.length).toBe(0);
  expect(other.length).toBe(4);
});
