import { describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../../src/backends/backend.ts';
import { gelu, relu, sigmoid, silu, softmax } from '../../../../src/backends/network/layers/activation.ts';
import {
  conv1d,
  conv2d,
  convTranspose2d,
  depthwiseConv2d,
} from '../../../../src/backends/network/layers/convolution.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { dropout } from '../../../../src/backends/network/layers/dropout.ts';
import { groupNorm } from '../../../../src/backends/network/layers/group-norm.ts';
import { add, concatenate } from '../../../../src/backends/network/layers/joining.ts';
import { batchNorm, layerNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import {
  averagePool1d,
  averagePool2d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from '../../../../src/backends/network/layers/pooling.ts';
import { residual } from '../../../../src/backends/network/layers/residual.ts';
import { flatten } from '../../../../src/backends/network/layers/shaping.ts';
import { squeezeExcite } from '../../../../src/backends/network/layers/squeeze-excite.ts';
import { upsample } from '../../../../src/backends/network/layers/upsample.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Layer } from '../../../../src/backends/network/network-spec.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

interface Case {
  readonly shape: readonly number[];
  readonly layers: readonly Layer[];
  readonly batch?: number;
}

const head = [globalAveragePool(), dense(3)];
const image = [8, 10, 3];

const cases: Readonly<Record<string, Case>> = {
  'a small CNN': {
    shape: [8, 8, 1],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      relu(),
      maxPool2d(2),
      conv2d({ filters: 32, kernel: 3 }),
      relu(),
      maxPool2d(2),
      flatten(),
      dense(8),
      relu(),
      dense(3),
    ],
  },
  'channels and a batch that fill no block': {
    shape: image,
    batch: 5,
    layers: [conv2d({ filters: 24, kernel: 3 }), relu(), conv2d({ filters: 20, kernel: 3 }), relu(), ...head],
  },
  'channels that are no multiple of anything': {
    shape: [5, 6, 17],
    batch: 7,
    layers: [
      conv2d({ filters: 13, kernel: 3 }),
      relu(),
      conv2d({ filters: 31, kernel: 3, stride: 2 }),
      layerNorm(),
      conv2d({ filters: 29, kernel: 1 }),
      batchNorm(),
      ...head,
    ],
  },
  'channels by the block and a batch that is none': {
    shape: image,
    batch: 18,
    layers: [conv2d({ filters: 32, kernel: 3, bias: false }), relu(), conv2d({ filters: 16, kernel: 3 }), ...head],
  },
  'strides in phases': {
    shape: [8, 12, 16],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      conv2d({ filters: 32, kernel: 3, stride: 2 }),
      relu(),
      conv2d({ filters: 16, kernel: 4, stride: 2 }),
      ...head,
    ],
  },
  'strides that leave a rest': {
    shape: [9, 7, 16],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      conv2d({ filters: 16, kernel: 3, stride: 2, padding: 'valid' }),
      conv2d({ filters: 16, kernel: [1, 2], stride: [3, 1] }),
      ...head,
    ],
  },
  'kernels of three at odd sizes, and with zeros around some sides or none': {
    shape: [9, 7, 12],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      relu(),
      conv2d({ filters: 8, kernel: 3, padding: 'valid' }),
      conv2d({ filters: 10, kernel: 3, padding: [1, 0] }),
      relu(),
      conv2d({ filters: 9, kernel: 3, bias: false, padding: 1 }),
      ...head,
    ],
  },
  'kernels of three on images that are smaller': {
    shape: [2, 3, 8],
    layers: [conv2d({ filters: 8, kernel: 3 }), relu(), conv2d({ filters: 8, kernel: 3 }), ...head],
  },
  dilations: {
    shape: [9, 9, 4],
    layers: [
      conv2d({ filters: 16, kernel: 3, dilation: 2 }),
      relu(),
      conv2d({ filters: 16, kernel: 3, dilation: [2, 1], stride: [1, 2] }),
      ...head,
    ],
  },
  'more padding than the kernel reverses': {
    shape: [6, 6, 16],
    layers: [conv2d({ filters: 16, kernel: 2, padding: 2 }), relu(), conv2d({ filters: 16, kernel: 3 }), ...head],
  },
  'convolutions of one pixel': {
    shape: [6, 6, 20],
    layers: [
      conv2d({ filters: 32, kernel: 1 }),
      relu(),
      conv2d({ filters: 24, kernel: 1 }),
      conv2d({ filters: 16, kernel: 1, stride: 2 }),
      ...head,
    ],
  },
  'few filters and groups': {
    shape: [6, 6, 4],
    layers: [
      conv2d({ filters: 4, kernel: 3 }),
      relu(),
      conv2d({ filters: 32, kernel: 3, groups: 2 }),
      relu(),
      conv2d({ filters: 16, kernel: 3, groups: 4 }),
      ...head,
    ],
  },
  'depthwise convolutions': {
    shape: [8, 8, 16],
    layers: [
      conv2d({ filters: 20, kernel: 1 }),
      relu(),
      depthwiseConv2d({ kernel: 3 }),
      relu(),
      depthwiseConv2d({ kernel: 3, stride: 2 }),
      depthwiseConv2d({ kernel: 3, multiplier: 2 }),
      depthwiseConv2d({ kernel: 3, dilation: 2, bias: false }),
      ...head,
    ],
  },
  'residual blocks with batch normalisation': {
    shape: image,
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      residual([
        conv2d({ filters: 16, kernel: 3, bias: false }),
        batchNorm(),
        relu(),
        conv2d({ filters: 16, kernel: 3, bias: false }),
        batchNorm(),
      ]),
      relu(),
      conv2d({ filters: 24, kernel: 3, stride: 2 }),
      batchNorm(),
      relu(),
      ...head,
    ],
  },
  'pools that overlap': {
    shape: [9, 9, 3],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      maxPool2d(3, { stride: 2, padding: 1 }),
      relu(),
      averagePool2d(2),
      averagePool2d(2, { padding: 1, stride: 1 }),
      maxPool2d([1, 3]),
      ...head,
    ],
  },
  'a pool of larger tiles': {
    shape: [6, 9, 3],
    layers: [conv2d({ filters: 16, kernel: 3 }), maxPool2d([2, 3]), sigmoid(), globalMaxPool(), dense(3)],
  },
  'squeeze and excite': {
    shape: image,
    layers: [conv2d({ filters: 20, kernel: 3 }), silu(), squeezeExcite(4), conv2d({ filters: 16, kernel: 1 }), ...head],
  },
  'branches that are joined': {
    shape: image,
    layers: [
      conv2d({ filters: 16, kernel: 3, name: 'a' }),
      conv2d({ filters: 32, kernel: 1, from: 'a', name: 'b' }),
      concatenate({ from: ['a', 'b'] }),
      relu(),
      conv2d({ filters: 20, kernel: 3, name: 'c' }),
      conv2d({ filters: 20, kernel: 3, from: 'a', name: 'd' }),
      concatenate({ from: ['c', 'd'], name: 'e' }),
      add({ from: ['c', 'd'] }),
      concatenate({ from: ['e', 'add-1'] }),
      ...head,
    ],
  },
  'layers between that have no formulation of their own': {
    shape: image,
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      layerNorm(),
      gelu(),
      groupNorm(4),
      dropout(0.25),
      dense(24),
      softmax(),
      conv2d({ filters: 16, kernel: 3 }),
      ...head,
    ],
  },
  'an image that grows': {
    shape: [4, 5, 3],
    layers: [
      conv2d({ filters: 16, kernel: 3 }),
      convTranspose2d({ filters: 16, kernel: 3, stride: 2 }),
      relu(),
      upsample(2),
      conv2d({ filters: 16, kernel: 3 }),
      upsample(2, { mode: 'bilinear' }),
      ...head,
    ],
  },
  'a sequence': {
    shape: [12, 5],
    layers: [
      conv1d({ filters: 16, kernel: 3, padding: 'causal' }),
      batchNorm(),
      relu(),
      residual([conv1d({ filters: 16, kernel: 3, dilation: 2, padding: 'causal' }), relu()]),
      maxPool1d(2),
      conv1d({ filters: 24, kernel: 3, stride: 2 }),
      averagePool1d(3),
      ...head,
    ],
  },
};

const rows = 24;

function makeData(shape: readonly number[]): TrainingData {
  const random = createRandom('layouts');
  const size = shape.reduce((product, dimension) => product * dimension, rows);
  return {
    inputs: {
      x: {
        dtype: 'float32',
        shape: [rows, ...shape],
        data: Float32Array.from({ length: size }, () => random.normal()),
      },
    },
    targets: {
      y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 3)) },
    },
  };
}

/** Three steps of gradient descent; the losses, the weights after them and what the network then gives. */
async function train(layout: 'nchwc' | 'nhwc' | 'winograd' | 'plain' | 'auto', { shape, layers, batch = 6 }: Case) {
  const spec = network({ inputs: { x: { dtype: 'float32', shape } }, layers });
  const data = makeData(shape);
  await using trained = await onnxBackend({ layout }).compile(spec, {
    loss: { kind: 'cross-entropy' },
    optimiser: { kind: 'sgd', learningRate: 0.05 },
    threads: 1,
    seed: 5,
  });
  const batches = [0, 1, 2].map((step) => Int32Array.from({ length: batch }, (_, i) => (step * 7 + i * 5) % rows));
  const losses = await trained.steps(data, batches);
  const { state } = await trained.snapshot();
  const { outputs } = await trained.evaluate(data);
  return { losses, state, outputs: outputs.output!.data as Float32Array };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('layouts', () => {
  it.each(Object.keys(cases))('train %s alike', async (name) => {
    const plain = await train('plain', cases[name]!);
    for (const layout of ['nhwc', 'winograd', 'nchwc'] as const) {
      const other = await train(layout, cases[name]!);
      expect(distance(other.losses, plain.losses), layout).toBeLessThan(2e-5);
      for (const [key, { data }] of Object.entries(plain.state)) {
        expect(distance(other.state[key]!.data as Float32Array, data as Float32Array), `${layout} ${key}`).toBeLessThan(
          2e-5,
        );
      }
      expect(distance(other.outputs, plain.outputs), layout).toBeLessThan(5e-5);
    }
  });
});
