import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor, TrainingData } from '../../../../src/backends/backend.ts';
import * as activation from '../../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { embedding } from '../../../../src/backends/network/layers/embedding.ts';
import { concatenate } from '../../../../src/backends/network/layers/joining.ts';
import { batchNorm, layerNorm, rmsNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { residual } from '../../../../src/backends/network/layers/residual.ts';
import { flatten } from '../../../../src/backends/network/layers/shaping.ts';
import type { Loss } from '../../../../src/backends/network/loss.ts';
import type { Layer, NetworkSpec } from '../../../../src/backends/network/network-spec.ts';
import type { Optimiser } from '../../../../src/backends/network/optimiser.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';

interface Case {
  readonly start: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
  readonly losses: readonly number[];
  readonly end: Readonly<Record<string, readonly number[]>>;
}

const path = new URL('../../../fixtures/engine/training.json', import.meta.url);
const { data: numbers, cases } = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly data: Readonly<Record<'x' | 'labels' | 'categories' | 'real' | 'binary' | 'soft', readonly number[]>> & {
    readonly batches: readonly (readonly number[])[];
  };
  readonly cases: Readonly<Record<string, Case>>;
};

const floats = (values: readonly number[], shape: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});
const integers = (values: readonly number[], shape: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(values, BigInt),
});
const targets = {
  labels: integers(numbers.labels, [32]),
  soft: floats(numbers.soft, [32, 3]),
  real: floats(numbers.real, [32, 1]),
  level: floats(numbers.real, [32]),
  binary: floats(numbers.binary, [32, 1]),
};

const mlp = (outputs: number, between: readonly Layer[] = [activation.relu()]): NetworkSpec => ({
  formatVersion: 1,
  inputs: { x: { dtype: 'float32', shape: [4] } },
  layers: [dense(6), ...between, dense(outputs)],
  outputs: { y: 'dense-2' },
});
const embedded: NetworkSpec = {
  formatVersion: 1,
  inputs: { x: { dtype: 'float32', shape: [4] }, categories: { dtype: 'int64', shape: [2] } },
  layers: [
    embedding({ entries: 5, width: 3, from: 'categories' }),
    flatten(),
    concatenate({ from: ['flatten-1', 'x'] }),
    dense(3),
  ],
  outputs: { y: 'dense-1' },
};
const crossEntropy: Loss = { kind: 'cross-entropy', target: 'labels' };
const classWeights = [1, 2, 0.5];
const sgd: Optimiser = { kind: 'sgd', learningRate: 0.1 };

/** What differs from an MLP with ReLU, cross-entropy and plain SGD. */
interface Setting {
  readonly network?: NetworkSpec;
  readonly loss?: Loss;
  readonly optimiser?: Optimiser;
  readonly more?: Partial<Training>;
}

const settings: Readonly<Record<string, Setting>> = {
  sgd: {},
  momentum: { optimiser: { ...sgd, momentum: 0.9, weightDecay: 0.01 } },
  nesterov: { optimiser: { ...sgd, momentum: 0.9, nesterov: true } },
  adam: { optimiser: { kind: 'adam', learningRate: 0.01 } },
  adamw: { optimiser: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 } },
  'adamw on all': { optimiser: { kind: 'adamw', learningRate: 0.01, weightDecay: 0.1 }, more: { decay: 'all' } },
  clipped: { more: { clipNorm: 0.25 } },
  'class weights': { loss: { ...crossEntropy, classWeights } },
  'label smoothing': { loss: { ...crossEntropy, labelSmoothing: 0.1 } },
  'weights and smoothing': { loss: { ...crossEntropy, classWeights, labelSmoothing: 0.1 } },
  'soft labels': { loss: { kind: 'cross-entropy', target: 'soft' } },
  binary: { network: mlp(1), loss: { kind: 'binary-cross-entropy', target: 'binary' } },
  'positive weight': {
    network: mlp(1),
    loss: { kind: 'binary-cross-entropy', target: 'binary', positiveWeight: 3 },
  },
  squares: { network: mlp(1), loss: { kind: 'mean-squared-error', target: 'real' } },
  absolute: { network: mlp(1), loss: { kind: 'mean-absolute-error', target: 'real' } },
  huber: { network: mlp(1), loss: { kind: 'huber', target: 'real', delta: 0.5 } },
  quantile: { loss: { kind: 'quantile', target: 'level', quantiles: [0.1, 0.5, 0.75] } },
  gelu: { network: mlp(3, [activation.gelu()]) },
  silu: { network: mlp(3, [activation.silu()]) },
  tanh: { network: mlp(3, [activation.tanh()]) },
  sigmoid: { network: mlp(3, [activation.sigmoid()]) },
  softplus: { network: mlp(3, [activation.softplus()]) },
  leaky: { network: mlp(3, [activation.leakyRelu(0.1)]) },
  softmax: { network: mlp(3, [activation.softmax()]) },
  'batch norm': { network: mlp(3, [batchNorm(), activation.relu()]) },
  norms: { network: mlp(3, [layerNorm(), rmsNorm()]) },
  residual: { network: mlp(3, [residual([activation.gelu(), dense(6)])]) },
  embedding: { network: embedded },
};

describe('training', () => {
  it('every training of the fixture is used', () => {
    expect(Object.keys(settings)).toEqual(Object.keys(cases));
  });

  it.each(Object.keys(settings))('%s makes the losses and weights of PyTorch', async (name) => {
    const { network = mlp(3), loss = crossEntropy, optimiser = sgd, more } = settings[name]!;
    const stored = cases[name]!;
    await using trained = await onnxBackend().compile(network, { loss, optimiser, threads: 1, ...more });
    const fresh = await trained.snapshot();
    const given = Object.entries(stored.start).map(([key, { shape, data }]) => [key, floats(data, shape)] as const);
    await trained.restore({ ...fresh, state: { ...fresh.state, ...Object.fromEntries(given) } });

    const x = floats(numbers.x, [32, 4]);
    const inputs = name === 'embedding' ? { x, categories: integers(numbers.categories, [32, 2]) } : { x };
    const data: TrainingData = { inputs, targets };
    const losses = await trained.steps(
      data,
      numbers.batches.map((rows) => Int32Array.from(rows)),
    );
    for (const [i, value] of stored.losses.entries()) expect(losses[i]).toBeCloseTo(value, 5);
    const { state } = await trained.snapshot();
    for (const [key, values] of Object.entries(stored.end)) {
      const own = state[key]!.data as Float32Array;
      const most = values.reduce((worst, value, i) => Math.max(worst, Math.abs(value - own[i]!)), 0);
      expect(most, key).toBeLessThan(5e-6);
    }
  });
});
