import { describe, expect, it } from 'vitest';
import type { TrainableNetwork, TrainingData } from '../../../../src/backends/backend.ts';
import { conv1d } from '../../../../src/backends/network/layers/convolution.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { layerNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { gru, lstm } from '../../../../src/backends/network/layers/recurrent.ts';
import { flatten } from '../../../../src/backends/network/layers/shaping.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Layer } from '../../../../src/backends/network/network-spec.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { planTraining } from '../../../../src/backends/onnx/train/plan.ts';
import { buildStep } from '../../../../src/backends/onnx/train/step-graph.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

const random = createRandom('composites');
const rows = 12;
const dataOf = (shape: readonly number[]): TrainingData => ({
  inputs: {
    x: {
      dtype: 'float32',
      shape: [rows, ...shape],
      data: Float32Array.from({ length: rows * shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
    },
  },
  targets: {
    y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 3)) },
  },
});
const specOf = (shape: readonly number[], layers: readonly Layer[]) =>
  network({ inputs: { x: { dtype: 'float32', shape } }, layers });
const training: Training = { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'sgd', learningRate: 0.5 } };
const whole = Array.from({ length: 6 }, () => Int32Array.from({ length: rows }, (_, i) => i));

const valuesOf = async (trained: TrainableNetwork): Promise<readonly number[]> =>
  Object.values((await trained.snapshot()).state).flatMap(({ data }) => Array.from(data as Float32Array));

async function train(
  spec: ReturnType<typeof specOf>,
  data: TrainingData,
  more: Partial<Training>,
  layout?: 'plain' | 'nhwc',
) {
  await using trained = await onnxBackend(layout === undefined ? {} : { layout }).compile(spec, {
    ...training,
    ...more,
  });
  const losses = await trained.steps(data, whole);
  return { losses: Array.from(losses), values: await valuesOf(trained) };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-5);
}

describe('a layer normalisation before a dense layer', () => {
  const spec = specOf([5], [layerNorm(), dense(8), layerNorm(), dense(3, { bias: false })]);
  const data = dataOf([5]);
  const targets = [{ dtype: 'int64', shape: [] }] as const;

  it('lends its scale and shift to the weights where there are as many rows as units, and trains the same', async () => {
    const foldedIn = (batch: number): number =>
      buildStep(planTraining(spec, training), batch, targets, undefined).graph.nodes.filter(
        ({ operator, inputs }) => operator === 'LayerNormalization' && inputs[1]!.constant !== undefined,
      ).length;
    expect([foldedIn(rows), foldedIn(4), foldedIn(2)]).toEqual([2, 1, 0]);

    const folded = await train(spec, data, {});
    const plain = await train(spec, data, { accumulate: 6 });
    expect(folded.losses.at(-1)!).toBeLessThan(folded.losses[0]! - 0.1);
    expectClose(folded.losses, plain.losses);
    expectClose(folded.values, plain.values);
  });
});

describe('recurrent layers behind a convolution', () => {
  it.each([
    ['lstm', [lstm(5)]],
    ['lstm from the end, the last state alone', [lstm(5, { reverse: true, sequences: false })]],
    ['gru', [gru(5)]],
    ['gru from the end, the last state alone', [gru(5, { reverse: true, sequences: false })]],
  ])('have by hand the gradients that their nodes have: %s', async (_, layers) => {
    const spec = specOf([7, 2], [conv1d({ filters: 3, kernel: 3 }), ...layers, flatten(), dense(3)]);
    const data = dataOf([7, 2]);
    // Where the layout is plain, gradients known by hand are taken; rewritten graphs are derived node by node.
    const byHand = await train(spec, data, {}, 'plain');
    const byNode = await train(spec, data, {}, 'nhwc');
    expect(byHand.losses.at(-1)!).toBeLessThan(byHand.losses[0]!);
    expectClose(byHand.losses, byNode.losses);
    expectClose(byHand.values, byNode.values);
  });
});
