import { describe, expect, it } from 'vitest';
import { encoder } from '../../../src/backends/network/blocks/encoder.ts';
import { ftTransformer } from '../../../src/backends/network/blocks/ft-transformer.ts';
import { gpt } from '../../../src/backends/network/blocks/gpt.ts';
import { leakyRelu, relu, softmax } from '../../../src/backends/network/layers/activation.ts';
import { attention } from '../../../src/backends/network/layers/attention.ts';
import { dense } from '../../../src/backends/network/layers/dense.ts';
import { dropout } from '../../../src/backends/network/layers/dropout.ts';
import { embedding } from '../../../src/backends/network/layers/embedding.ts';
import { entityEmbeddings } from '../../../src/backends/network/layers/entity-embeddings.ts';
import { add, concatenate, multiply } from '../../../src/backends/network/layers/joining.ts';
import { batchNorm, layerNorm, rmsNorm } from '../../../src/backends/network/layers/normalisation.ts';
import { positions } from '../../../src/backends/network/layers/positions.ts';
import { gru, lstm } from '../../../src/backends/network/layers/recurrent.ts';
import { residual } from '../../../src/backends/network/layers/residual.ts';
import { flatten, reshape } from '../../../src/backends/network/layers/shaping.ts';
import { averageTokens, classToken, featureTokens, takeToken } from '../../../src/backends/network/layers/tokens.ts';
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
    ['attention and positions keep the shape', [4, 6], [positions(), attention(3, { causal: true, rotary: true })]],
    ['a class token is one more position', [5, 6], [classToken()]],
    ['a token is a vector', [6], [takeToken(-1)]],
    ['the mean of tokens is a vector', [6], [averageTokens()]],
    ['recurrent units keep the positions', [4, 5], [gru(7), lstm(5)]],
    ['the last state is a vector', [5], [lstm(5, { sequences: false })]],
    ['feature tokens are a vector a number', [3, 5], [takeToken(0), dense(3), featureTokens(5)]],
    [
      'entity embeddings have half of the categories, at most 50',
      [56],
      [entityEmbeddings({ entries: [9, 100, 1] })],
      ids,
    ],
    ['a GPT gives logits at each position', [3, 11], gpt({ vocabulary: 11, width: 8, depth: 1, heads: 2 }), ids],
    [
      'an encoder that is pooled gives a vector',
      [8],
      encoder({ vocabulary: 11, width: 8, depth: 1, heads: 2, ids: 'ids', pool: 'first', dropout: 0.1 }),
      ids,
    ],
    [
      'an FT-Transformer of categories alone gives its outputs',
      [2],
      ftTransformer({ categories: { input: 'ids', entries: [4, 5, 6] }, width: 8, depth: 2, heads: 2, outputs: 2 }),
      ids,
    ],
  ])('%s', (_, shape, layers, inputs) => {
    expect(shapeOf(layers, inputs)).toEqual(shape);
  });

  it('is plain JSON', () => {
    const spec = network({ inputs: x, layers: [dense(8, { bias: false }), residual([dense(8)]), dropout(0.1)] });
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  it.each<[string, readonly Layer[], RegExp, NetworkSpec['inputs']?]>([
    ['a layer that is none', [null as never], /kind of a layer to be one of dense, .*got undefined/],
    ['no layers', [], /at least one layer, got none/],
    ['layers that are no list', {} as never, /layers of the network to be a list/],
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
    [
      'heads that do not divide the width',
      [attention(4, { name: 'seen' })],
      /"seen".*float32 \[4, 6\].*4 heads divide, got 6/,
    ],
    ['an odd width of a head for rotary positions', [attention(2, { rotary: true })], /even width of each head.*got 3/],
    ['attention on ids', [attention(1)], /"attention-1".*expected float32, got int64/, ids],
    [
      'a mask of another length',
      [dense(6, { name: 'wide', from: 'x' }), attention(2, { from: ['wide', 'ids'] })],
      /expected a mask int64 \[4\], got int64 \[3\]/,
      { ...x, ...ids },
    ],
    [
      'a mask that is no integers',
      [attention(2, { from: ['x', 'x', 'x'] })],
      /expected a mask int64 \[4\] as the third input, got float32/,
    ],
    [
      'causal attention on another length',
      [dense(6, { from: 'y', name: 'memory' }), attention(2, { from: ['x', 'memory'], causal: true })],
      /as many keys as queries.*got 9 and 4/,
      { ...x, y: { dtype: 'float32', shape: [9, 2] } },
    ],
    ['positions of a vector', [flatten(), positions()], /"positions-1".*\[positions, width\], got float32 \[24\]/],
    ['recurrent units on a vector', [flatten(), gru(3)], /"gru-1".*\[positions, width\]/],
    ['a position that is not there', [takeToken(4)], /a position of 4, got 4/],
    [
      'a mean with a mask of another length',
      [averageTokens({ from: ['x', 'ids'] })],
      /mask int64 \[4\]/,
      { ...x, ...ids },
    ],
    ['feature tokens of a sequence', [featureTokens(3)], /float32 \[numbers\], got float32 \[4, 6\]/],
    [
      'categories of fewer columns',
      [entityEmbeddings({ entries: [2] })],
      /int64 \[1\], a category of each column/,
      ids,
    ],
    [
      'a width too few',
      [entityEmbeddings({ entries: [2, 2, 2], width: [1] })],
      /a width for each of 3 columns, got 1/,
      ids,
    ],
    ['categories of none', [entityEmbeddings({ entries: [] })], /"entries".*got \[\]/, ids],
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
    [{ kind: 'one-cycle', steps: 100 }, 0, 0.04],
    [{ kind: 'one-cycle', steps: 100 }, 29, 1],
    [{ kind: 'one-cycle', steps: 100, peakAt: 0.5, final: 0 }, 99, 0],
    [{ kind: 'one-cycle', steps: 100 }, 500, 4e-6],
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
