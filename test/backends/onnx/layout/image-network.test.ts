import { describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../../src/backends/backend.ts';
import { resnet } from '../../../../src/backends/network/blocks/resnet.ts';
import { relu } from '../../../../src/backends/network/layers/activation.ts';
import { conv2d, convTranspose2d, depthwiseConv2d } from '../../../../src/backends/network/layers/convolution.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { groupNorm } from '../../../../src/backends/network/layers/group-norm.ts';
import { batchNorm } from '../../../../src/backends/network/layers/normalisation.ts';
import { globalMaxPool, maxPool2d } from '../../../../src/backends/network/layers/pooling.ts';
import { squeezeExcite } from '../../../../src/backends/network/layers/squeeze-excite.ts';
import { upsample } from '../../../../src/backends/network/layers/upsample.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Layer } from '../../../../src/backends/network/network-spec.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { decodeModel } from '../../../../src/onnx/decode.ts';

const rows = 40;
const random = createRandom('images');

/** Bright rows or bright columns. */
const data: TrainingData = {
  inputs: {
    x: {
      dtype: 'float32',
      shape: [rows, 8, 8, 1],
      data: Float32Array.from({ length: rows * 64 }, (_, i) => {
        const [row, y, x] = [Math.floor(i / 64), Math.floor((i % 64) / 8), i % 8];
        return ((row % 2 === 0 ? y : x) % 3 === 0 ? 1 : 0) + 0.3 * random.normal();
      }),
    },
  },
  targets: {
    y: { dtype: 'int64', shape: [rows], data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i % 2)) },
  },
};
const batches = Array.from({ length: 30 }, (_, step) =>
  Int32Array.from({ length: 8 }, (__, i) => (step * 8 + i) % rows),
);
const specOf = (layers: readonly Layer[]) => network({ inputs: { x: { dtype: 'float32', shape: [8, 8, 1] } }, layers });
const training: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 0.01 },
  threads: 1,
};
const spec = specOf(resnet({ stages: [16, 24], outputs: 2 }));

describe('networks on images', () => {
  it('learn', async () => {
    await using trained = await onnxBackend().compile(spec, training);
    const losses = await trained.steps(data, batches);
    expect(losses.at(-1)).toBeLessThan(0.1 * losses[0]!);
  });

  it('are resumed to the same bits in each layout', async () => {
    for (const layout of ['nchwc', 'nhwc', 'winograd', 'plain'] as const) {
      const backend = onnxBackend({ layout });
      await using whole = await backend.compile(spec, training);
      await whole.steps(data, batches.slice(0, 8));
      await using first = await backend.compile(spec, training);
      await first.steps(data, batches.slice(0, 3));
      await using second = await backend.compile(spec, training);
      await second.restore(await first.snapshot());
      await second.steps(data, batches.slice(3, 8));
      expect((await second.snapshot()).state, layout).toEqual((await whole.snapshot()).state);
    }
  });

  it.each<[string, readonly Layer[]]>([
    ['a residual network', resnet({ stages: [16, 24], outputs: 2 })],
    [
      'one with layers of many kinds',
      [
        conv2d({ filters: 12, kernel: 3 }),
        batchNorm(),
        relu(),
        squeezeExcite(3),
        depthwiseConv2d({ kernel: 3, stride: 2 }),
        groupNorm(3),
        convTranspose2d({ filters: 8, kernel: 3, stride: 2 }),
        maxPool2d(2),
        upsample(2, { mode: 'bilinear' }),
        globalMaxPool(),
        dense(2),
      ],
    ],
  ])('%s predicts from its file what it gives itself, in batches of any size', async (_, layers) => {
    const backend = onnxBackend();
    await using trained = await backend.compile(specOf(layers), training);
    await trained.steps(data, batches.slice(0, 5));
    const { outputs } = await trained.evaluate(data);
    const expected = outputs.output!.data as Float32Array;
    const model = await trained.toModel();
    // What is internal to the runtime must not be in a file that is kept.
    expect(decodeModel(model).graph.nodes.filter(({ domain }) => domain.includes('nchwc'))).toEqual([]);
    await using predictor = await backend.load(model, { where: 'inline' });
    const x = data.inputs.x!.data as Float32Array;
    for (const count of [1, 7, rows]) {
      const given = { x: { dtype: 'float32', shape: [count, 8, 8, 1], data: x.slice(0, 64 * count) } as const };
      const made = (await predictor.predict(given)).output!.data as Float32Array;
      const most = made.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
      expect(most).toBeLessThan(1e-4);
    }
  });

  it('say in which layer they diverged, in each layout', async () => {
    for (const layout of ['nchwc', 'nhwc', 'winograd', 'plain'] as const) {
      const wild = specOf([
        conv2d({ filters: 16, kernel: 3 }),
        relu(),
        conv2d({ filters: 16, kernel: 3, name: 'second' }),
        globalMaxPool(),
        dense(2),
      ]);
      await using trained = await onnxBackend({ layout }).compile(wild, {
        ...training,
        optimiser: { kind: 'sgd', learningRate: 3e38 },
      });
      await expect(trained.steps(data, batches), layout).rejects.toMatchObject({
        code: 'TRAIN_DIVERGED',
        details: { layer: 'second' },
      });
    }
  });
});
