import { describe, expect, it } from 'vitest';
import { mlp } from '../../../src/backends/network/blocks/mlp.ts';
import { mobilenetBlock } from '../../../src/backends/network/blocks/mobilenet-block.ts';
import { resnet } from '../../../src/backends/network/blocks/resnet.ts';
import { tabularResnet } from '../../../src/backends/network/blocks/tabular-resnet.ts';
import { tcn } from '../../../src/backends/network/blocks/tcn.ts';
import { conv1d, conv2d, convTranspose2d, depthwiseConv2d } from '../../../src/backends/network/layers/convolution.ts';
import { dense } from '../../../src/backends/network/layers/dense.ts';
import { groupNorm } from '../../../src/backends/network/layers/group-norm.ts';
import {
  averagePool1d,
  averagePool2d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
} from '../../../src/backends/network/layers/pooling.ts';
import { squeezeExcite } from '../../../src/backends/network/layers/squeeze-excite.ts';
import { upsample } from '../../../src/backends/network/layers/upsample.ts';
import { network } from '../../../src/backends/network/network.ts';
import type { Layer } from '../../../src/backends/network/network-spec.ts';
import { resolveNetwork } from '../../../src/backends/network/resolve-network.ts';
import { summariseNetwork } from '../../../src/backends/network/summarise-network.ts';

const image = [9, 8, 6];
const sequence = [10, 6];

const specOf = (shape: readonly number[], layers: readonly Layer[]) =>
  network({ inputs: { x: { dtype: 'float32', shape } }, layers });

describe('layers of images and sequences', () => {
  it.each<[string, readonly number[], readonly number[], readonly Layer[]]>([
    ['a convolution keeps the size', image, [9, 8, 4], [conv2d({ filters: 4, kernel: 3 })]],
    ['an even kernel keeps it too', image, [9, 8, 4], [conv2d({ filters: 4, kernel: [2, 4] })]],
    ['a stride divides it, rounded up', image, [5, 3, 4], [conv2d({ filters: 4, kernel: 3, stride: [2, 3] })]],
    ['without padding it shrinks', image, [7, 6, 4], [conv2d({ filters: 4, kernel: 3, padding: 'valid' })]],
    ['zeros on each side widen it', image, [11, 8, 4], [conv2d({ filters: 4, kernel: 3, padding: [2, 1] })]],
    [
      'taps that lie apart reach further',
      image,
      [5, 4, 4],
      [conv2d({ filters: 4, kernel: 3, dilation: 2, padding: 0 })],
    ],
    [
      'depthwise filters multiply channels',
      image,
      [5, 4, 12],
      [depthwiseConv2d({ kernel: 3, stride: 2, multiplier: 2 })],
    ],
    [
      'a transposed convolution enlarges',
      image,
      [18, 24, 4],
      [convTranspose2d({ filters: 4, kernel: 3, stride: [2, 3] })],
    ],
    ['pools lie side by side', image, [4, 4, 6], [maxPool2d(2)]],
    ['pools overlap with a stride', image, [5, 4, 6], [averagePool2d(3, { stride: 2, padding: 1 })]],
    ['global pools leave channels', image, [6], [globalAveragePool()]],
    ['global maxima leave channels', sequence, [6], [globalMaxPool()]],
    ['an image grows by a factor', image, [27, 24, 6], [upsample(3)]],
    ['normalising and gating keep the shape', image, image, [groupNorm(3), squeezeExcite(2)]],
    ['a sequence is convolved', sequence, [5, 4], [conv1d({ filters: 4, kernel: 3, stride: 2, padding: 'causal' })]],
    ['a sequence is pooled', sequence, [2, 6], [maxPool1d(2), averagePool1d(2)]],
    ['a residual network', image, [3], resnet({ stages: [4, 8], blocks: 2, outputs: 3 })],
    ['a MobileNet block', image, image, mobilenetBlock({ channels: 6 })],
    [
      'a MobileNet block that halves',
      image,
      [5, 4, 10],
      mobilenetBlock({ channels: 6, filters: 10, stride: 2, squeezes: true }),
    ],
    ['a temporal network', sequence, [10, 5], tcn({ channels: 5, levels: 3, dropout: 0.1 })],
    ['an MLP', [6], [3], mlp({ units: [8, 4], outputs: 3, dropout: 0.1 })],
    ['a residual network for tables', [6], [3], tabularResnet({ width: 8, blocks: 2, outputs: 3, dropout: 0.1 })],
  ])('%s', (_, shape, expected, layers) => {
    expect(Object.values(resolveNetwork(specOf(shape, layers)).outputs)[0]!.shape).toEqual(expected);
  });

  it.each<[string, readonly number[], readonly Layer[], number]>([
    ['conv2d', image, [conv2d({ filters: 4, kernel: 3 })], 4 * 6 * 9 + 4],
    ['conv2d in groups', image, [conv2d({ filters: 4, kernel: [3, 1], groups: 2, bias: false })], 4 * 3 * 3],
    ['depthwise', image, [depthwiseConv2d({ kernel: 3 })], 6 * 9 + 6],
    ['conv1d', sequence, [conv1d({ filters: 4, kernel: 5 })], 4 * 6 * 5 + 4],
    ['transposed', image, [convTranspose2d({ filters: 4, kernel: 2 })], 6 * 4 * 4 + 4],
    ['group norm', image, [groupNorm(2)], 12],
    ['squeeze and excite', image, [squeezeExcite(2)], 6 * 2 + 2 + 2 * 6 + 6],
    ['a pool', image, [maxPool2d(2)], 0],
  ])('%s has as many parameters', (_, shape, layers, parameters) => {
    expect(summariseNetwork(specOf(shape, layers)).parameters).toBe(parameters);
  });

  it('counts a multiply-add of a convolution as two operations', () => {
    const { flops } = summariseNetwork(specOf(image, [conv2d({ filters: 4, kernel: 3, stride: 2, bias: false })]));
    expect(flops).toBe(5 * 4 * 4 * 2 * 6 * 9);
  });

  it.each<[string, readonly number[], readonly Layer[], RegExp]>([
    [
      'a vector for an image',
      [6],
      [conv2d({ filters: 4, kernel: 3, name: 'eye' })],
      /"eye".*\[height, width, channels\], got float32 \[6\]/,
    ],
    [
      'an image for a sequence',
      image,
      [conv1d({ filters: 4, kernel: 3 })],
      /"output".*\[length, channels\], got float32 \[9, 8, 6\]/,
    ],
    [
      'a kernel that is too large',
      image,
      [conv2d({ filters: 4, kernel: [3, 9], padding: 'valid' })],
      /at least 9 values along axis 1.*got 8/,
    ],
    [
      'groups that do not divide',
      image,
      [conv2d({ filters: 4, kernel: 3, groups: 4 })],
      /4 groups to divide 6 channels and 4 filters/,
    ],
    ['groups of a norm that do not divide', image, [groupNorm(4)], /4 groups to divide 6 channels/],
    ['a pool of nothing but padding', image, [maxPool2d(2, { padding: 2 })], /less padding than the kernel of \[2,2\]/],
    ['a global pool of a vector', [6], [globalAveragePool()], /\[..., channels\], got float32 \[6\]/],
    [
      'a kernel of three axes',
      image,
      [conv2d({ filters: 4, kernel: [1, 2, 3] })],
      /"kernel" of the layer "output" to be an integer above 0, or 2 of them/,
    ],
    ['a stride of nothing', image, [conv2d({ filters: 4, kernel: 3, stride: 0 })], /"stride".*got 0/],
    [
      'padding in the future',
      image,
      [conv2d({ filters: 4, kernel: 3, padding: 'causal' as 'same' })],
      /"padding".*same, valid, or a number of zeros, got "causal"/,
    ],
    ['an unknown mode', image, [upsample(2, { mode: 'cubic' as 'nearest' })], /"mode".*nearest or bilinear/],
    ['filters that are no number', image, [conv2d({ filters: 2.5, kernel: 3 })], /"filters".*got 2.5/],
    ['a gate of no vector', [6], [squeezeExcite(2)], /\[..., channels\]/],
    [
      'a residual that changes the shape',
      image,
      [{ kind: 'residual', layers: [conv2d({ filters: 4, kernel: 3 })] }, dense(2)],
      /"residual-1".*one shape/,
    ],
  ])('refuses %s and names the layer', (_, shape, layers, message) => {
    expect(() => specOf(shape, layers)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
