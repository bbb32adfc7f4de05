import { describe, expect, it } from 'vitest';
import { leakyRelu, relu, softmax } from '../../../src/backends/network/layers/activation.ts';
import { dense } from '../../../src/backends/network/layers/dense.ts';
import { dropout } from '../../../src/backends/network/layers/dropout.ts';
import { embedding } from '../../../src/backends/network/layers/embedding.ts';
import { add, concatenate, multiply } from '../../../src/backends/network/layers/joining.ts';
import { batchNorm, layerNorm, rmsNorm } from '../../../src/backends/network/layers/normalisation.ts';
import { residual } from '../../../src/backends/network/layers/residual.ts';
import { flatten, reshape } from '../../../src/backends/network/layers/shaping.ts';
import { network } from '../../../src/backends/network/network.ts';
import type { Layer, NetworkSpec } from '../../../src/backends/network/network-spec.ts';
import { resolveNetwork } from '../../../src/backends/network/resolve-network.ts';
import { checkSchedule, type Schedule, scheduleFactor } from '../../../src/backends/network/schedule.ts';
import { summariseNetwork } from '../../../src/backends/network/summarise-network.ts';

const x = { x: { dtype: 'float32', shape: [4, 6] } } as const;
const ids = { ids: { dtype: 'int64', shape: [3] } } as const;

const shapeOf = (layers: readonly Layer[], inputs: NetworkSpec['inputs'] = x) =>
  Object.values(resolveNetwork(network({ inputs, layers })).outputs)[0]!.shape;

describe('network', () => {
  it.each<[string, readonly number[], readonly Layer[], NetworkSpec['inputs']?]>([
    ['dense maps the last axis', [4, 8], [dense(8)]],
    ['flatten makes one vector', [24], [flatten()]],
    ['reshape keeps the values', [2, 12], [reshape([2, 12])]],
    ['activations keep the shape', [4, 6], [relu(), leakyRelu(0.2), softmax(), dropout(0.5)]],
    ['normalisations keep the shape', [4, 6], [layerNorm(), batchNorm(), rmsNorm()]],
    ['residual keeps the shape', [4, 6], [residual([dense(9), relu(), dense(6)])]],
    ['concatenate adds the last axes', [4, 14], [dense(8), concatenate({ from: ['x', 'dense-1'] })]],
    ['add and multiply keep the shape', [4, 6], [add({ from: ['x', 'x'] }), multiply({ from: ['x', 'add-1'] })]],
    ['embedding adds an axis', [3, 5], [embedding({ entries: 10, width: 5 })], ids],
  ])('%s', (_, shape, layers, inputs) => {
    expect(shapeOf(layers, inputs)).toEqual(shape);
  });

  it('is plain JSON', () => {
    const spec = network({ inputs: x, layers: [dense(8, { bias: false }), residual([dense(8)]), dropout(0.1)] });
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  it.each<[string, readonly Layer[], RegExp, NetworkSpec['inputs']?]>([
    [
      'a layer that does not fit',
      [embedding({ entries: 3, width: 2, name: 'city' })],
      /"city".*"x" \(float32 \[4, 6\]\)/,
    ],
    [
      'ids where numbers are expected',
      [dense(3, { name: 'first' })],
      /"first".*expected float32, got int64 \[3\]/,
      ids,
    ],
    ['shapes that do not add', [dense(3), add({ from: ['x', 'dense-1'] })], /one shape, got float32 \[4, 6\] and/],
    ['a residual that changes the shape', [residual([dense(3)], { name: 'block' })], /"block".*one shape/],
    ['a reshape of another size', [reshape([5])], /expected 5 values.*got 24/],
    ['a source that does not exist', [dense(3, { from: 'y' })], /takes "y".*"x"/],
    ['a name twice', [dense(3, { name: 'a' }), dense(3, { name: 'a' })], /"a"; names must differ/],
    ['units that are no number', [dense('8' as unknown as number)], /"units" of the layer "dense-1".*got "8"/],
    ['a rate of one', [dropout(1)], /"rate".*below 1, got 1/],
    ['an option that does not exist', [{ ...dense(3), unit: 4 } as Layer], /no option "unit"/],
    ['a kind that does not exist', [{ kind: 'conv9d' } as unknown as Layer], /kind.*dense.*got "conv9d"/],
  ])('refuses %s and names the layer', (_, layers, message, inputs = x) => {
    const outputs = { y: 'none' };
    const refused = () => resolveNetwork({ formatVersion: 1, inputs, layers, outputs });
    expect(refused).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, Partial<NetworkSpec>, RegExp]>([
    ['another version', { formatVersion: 2 as 1 }, /formatVersion 1, got 2/],
    ['no inputs', { inputs: {} }, /at least one input/],
    ['an input of a strange type', { inputs: { x: { dtype: 'string' as 'int64', shape: [1] } } }, /float32 or int64/],
    ['a shape with the batch free', { inputs: { x: { dtype: 'float32', shape: [-1, 4] } } }, /integers above 0/],
    ['two inputs and no source', { inputs: { ...x, ...ids } }, /several inputs/],
    ['no outputs', { outputs: {} }, /at least one output/],
    ['an output of no layer', { outputs: { y: 'dense-9' } }, /"dense-9", which is none of "dense-1"/],
    ['a name that is a path', { outputs: { '../y': 'dense-1' } }, /name of an output/],
  ])('refuses %s', (_, part, message) => {
    const spec: NetworkSpec = { formatVersion: 1, inputs: x, layers: [dense(3)], outputs: { y: 'dense-1' }, ...part };
    expect(() => resolveNetwork(spec)).toThrow(message);
  });

  it('counts parameters and operations and prints a table', () => {
    const inputs = { x: { dtype: 'float32', shape: [784] } } as const;
    const { parameters, flops, table } = summariseNetwork(
      network({ inputs, layers: [dense(256), relu(), batchNorm(), dense(10)] }),
    );
    expect(parameters).toBe(784 * 256 + 256 + 2 * 256 + 2560 + 10);
    expect(flops).toBe(256 * (2 * 784 + 1) + 256 + 8 * 256 + 10 * (2 * 256 + 1));
    expect(table).toBe(
      [
        'layer         takes         makes          parameters    FLOPs',
        'dense-1       x             float32 [256]     200,960  401,664',
        'relu-1        dense-1       float32 [256]           0      256',
        'batch-norm-1  relu-1        float32 [256]         512    2,048',
        'output        batch-norm-1  float32 [10]        2,570    5,130',
        'sum                                           204,042  409,098',
      ].join('\n'),
    );
  });
});

describe('scheduleFactor', () => {
  it.each<[Schedule, number, number]>([
    [{ kind: 'constant' }, 1000, 1],
    [{ kind: 'constant', warmUpSteps: 4 }, 0, 0.25],
    [{ kind: 'constant', warmUpSteps: 4 }, 3, 1],
    [{ kind: 'cosine', steps: 100 }, 0, 1],
    [{ kind: 'cosine', steps: 100 }, 25, (1 + Math.SQRT1_2) / 2],
    [{ kind: 'cosine', steps: 100, final: 0.1 }, 50, 0.55],
    [{ kind: 'cosine', steps: 100, final: 0.1 }, 500, 0.1],
    [{ kind: 'cosine', steps: 110, warmUpSteps: 10 }, 60, 0.5],
    [{ kind: 'step', every: 10, factor: 0.5 }, 9, 1],
    [{ kind: 'step', every: 10, factor: 0.5 }, 30, 0.125],
  ])('%j at step %i is %d', (schedule, step, factor) => {
    expect(scheduleFactor(schedule, step)).toBeCloseTo(factor, 10);
  });

  it.each([
    { kind: 'cosine', steps: 0 },
    { kind: 'step', every: 1.5, factor: 0.5 },
    { kind: 'linear' },
    { kind: 'constant', warmUpSteps: -1 },
  ])('%j is refused', (schedule) => {
    expect(() => checkSchedule(schedule as Schedule)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
