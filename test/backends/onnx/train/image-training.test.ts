import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor, TrainingData } from '../../../../src/backends/backend.ts';
import {
  averagePool1d,
  averagePool2d,
  batchNorm,
  conv1d,
  conv2d,
  convTranspose2d,
  dense,
  depthwiseConv2d,
  flatten,
  globalAveragePool,
  globalMaxPool,
  groupNorm,
  type Layer,
  maxPool1d,
  maxPool2d,
  mobilenetBlock,
  network,
  resnet,
  squeezeExcite,
  tcn,
  upsample,
} from '../../../../src/backends/networks.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { expectTraining } from './expect-training.ts';

interface Case {
  readonly start: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
  readonly losses: readonly number[];
  readonly end: Readonly<Record<string, readonly number[]>>;
}

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Input = 'image' | 'wide' | 'sequence';

const path = new URL('../../../fixtures/engine/image-training.json', import.meta.url);
const { data: stored, cases } = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly data: Readonly<Record<Input | 'labels', Stored>> & { readonly batches: readonly (readonly number[])[] };
  readonly cases: Readonly<Record<string, Case>>;
};

const floats = ({ shape, data }: Stored): Tensor => ({ dtype: 'float32', shape, data: Float32Array.from(data) });

const c1 = conv2d({ filters: 3, kernel: 3 });
const c4 = conv2d({ filters: 4, kernel: 3 });
const s1 = conv1d({ filters: 3, kernel: 3 });

/** What stands before the head, and what it takes. */
const settings: Readonly<Record<string, readonly [Input, ...Layer[]]>> = {
  conv2d: ['image', c1],
  'conv2d valid': ['image', conv2d({ filters: 3, kernel: [3, 2], padding: 'valid' })],
  'conv2d strided': ['image', conv2d({ filters: 3, kernel: 3, stride: 2 })],
  'conv2d padded': ['image', conv2d({ filters: 3, kernel: 3, padding: [2, 1], stride: [1, 2] })],
  'conv2d dilated': ['image', conv2d({ filters: 3, kernel: 3, dilation: 2 })],
  'conv2d grouped': ['wide', conv2d({ filters: 4, kernel: 3, groups: 2, bias: false })],
  'conv2d even': ['image', conv2d({ filters: 3, kernel: 2 })],
  depthwise: ['image', depthwiseConv2d({ kernel: 3, multiplier: 2 })],
  transposed: ['image', convTranspose2d({ filters: 3, kernel: 3, stride: 2 })],
  conv1d: ['sequence', s1],
  'conv1d causal': ['sequence', conv1d({ filters: 3, kernel: 3, dilation: 2, padding: 'causal' })],
  'max pool': ['image', c1, maxPool2d(2)],
  'max pool overlapping': ['image', c1, maxPool2d(3, { stride: 2, padding: 1 })],
  'max pool of a sequence': ['sequence', s1, maxPool1d(2)],
  'average pool': ['image', c1, averagePool2d(2)],
  'average pool of a sequence': ['sequence', s1, averagePool1d(3, { stride: 2 })],
  'global average': ['image', c1, globalAveragePool()],
  'global max': ['image', c1, globalMaxPool()],
  'batch norm': ['image', c1, batchNorm()],
  'group norm': ['wide', c4, groupNorm(2)],
  upsample: ['image', c1, upsample(2)],
  'upsample bilinear': ['image', c1, upsample(2, { mode: 'bilinear' })],
  'squeeze excite': ['wide', c4, squeezeExcite(2)],
  'mobilenet block': ['wide', ...mobilenetBlock({ channels: 6, expansion: 2, squeezes: true })],
  // A block with its own last layer is taken without it: the head stands there.
  'residual network': ['image', ...resnet({ stages: [4, 6], outputs: 1 }).slice(0, -1)],
  'temporal network': ['sequence', ...tcn({ channels: 3, levels: 2 })],
};

const uses = Object.keys(settings).flatMap((name) =>
  (['nchwc', 'nhwc', 'winograd', 'plain'] as const).map((layout) => ({ name, layout })),
);

describe('training on images and on sequences with channels', () => {
  it('every training of the fixture is used', () => {
    expect(Object.keys(settings)).toEqual(Object.keys(cases));
  });

  it.each(uses)('$name makes the losses and weights of PyTorch, laid out $layout', async ({ name, layout }) => {
    const [input, ...layers] = settings[name]!;
    const { start, losses: expected, end } = cases[name]!;
    const spec = network({
      inputs: { [input]: { dtype: 'float32', shape: stored[input].shape.slice(1) } },
      layers: [...layers, flatten(), dense(3, { name: 'head' })],
      outputs: { y: 'head' },
    });
    const backend = onnxBackend({ layout });
    await using trained = await backend.compile(spec, {
      loss: { kind: 'cross-entropy' },
      optimiser: { kind: 'sgd', learningRate: 0.05 },
      threads: 1,
    });
    const fresh = await trained.snapshot();
    expect(Object.keys(start).sort()).toEqual(Object.keys(fresh.state).sort());
    const state = Object.fromEntries(Object.entries(start).map(([key, value]) => [key, floats(value)]));
    await trained.restore({ ...fresh, state });
    const { shape, data: labels } = stored.labels;
    const data: TrainingData = {
      inputs: { [input]: floats(stored[input]) },
      targets: { y: { dtype: 'int64', shape, data: BigInt64Array.from(labels, BigInt) } },
    };
    await expectTraining(trained, data, { batches: stored.batches, losses: expected, end, digits: 4 });
  });
});
