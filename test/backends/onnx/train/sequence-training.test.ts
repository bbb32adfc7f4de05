import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor, TrainingData } from '../../../../src/backends/backend.ts';
import { encoder } from '../../../../src/backends/network/blocks/encoder.ts';
import { ftTransformer } from '../../../../src/backends/network/blocks/ft-transformer.ts';
import { gpt } from '../../../../src/backends/network/blocks/gpt.ts';
import { relu } from '../../../../src/backends/network/layers/activation.ts';
import { attention } from '../../../../src/backends/network/layers/attention.ts';
import { dense } from '../../../../src/backends/network/layers/dense.ts';
import { entityEmbeddings } from '../../../../src/backends/network/layers/entity-embeddings.ts';
import { positions } from '../../../../src/backends/network/layers/positions.ts';
import { gru, lstm } from '../../../../src/backends/network/layers/recurrent.ts';
import { flatten } from '../../../../src/backends/network/layers/shaping.ts';
import { averageTokens, classToken } from '../../../../src/backends/network/layers/tokens.ts';
import type { Loss } from '../../../../src/backends/network/loss.ts';
import { network } from '../../../../src/backends/network/network.ts';
import type { Layer, NetworkSpec } from '../../../../src/backends/network/network-spec.ts';
import type { Optimiser } from '../../../../src/backends/network/optimiser.ts';
import type { Training } from '../../../../src/backends/network/training.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { expectTraining } from './expect-training.ts';

interface Case {
  readonly start: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;
  readonly losses: readonly number[];
  readonly end: Readonly<Record<string, readonly number[]>>;
}

interface Stored {
  readonly shape: readonly number[];
  readonly isInteger: boolean;
  readonly data: readonly number[];
}

const path = new URL('../../../fixtures/engine/sequence-training.json', import.meta.url);
const { data: stored, cases } = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly data: Readonly<Record<string, Stored>> & { readonly batches: readonly (readonly number[])[] };
  readonly cases: Readonly<Record<string, Case>>;
};

const tensor = (name: string): Tensor => {
  const { shape, isInteger, data } = stored[name]!;
  return isInteger
    ? { dtype: 'int64', shape, data: BigInt64Array.from(data, BigInt) }
    : { dtype: 'float32', shape, data: Float32Array.from(data) };
};

/** Inputs of a network by their names in the stored data. */
const inputsOf = (...names: string[]): NetworkSpec['inputs'] =>
  Object.fromEntries(
    names.map((name) => {
      const { shape, isInteger } = stored[name]!;
      return [name, { dtype: isInteger ? 'int64' : 'float32', shape: shape.slice(1) }];
    }),
  );

const headed = (inputs: NetworkSpec['inputs'], layers: readonly Layer[]) =>
  network({ inputs, layers: [...layers, flatten(), dense(3, { name: 'head' })], outputs: { y: 'head' } });
const ended = (inputs: NetworkSpec['inputs'], layers: readonly Layer[]) => network({ inputs, layers });
const onX = (layer: Layer, ...more: string[]) => headed(inputsOf('x', ...more), [layer]);
const mlp = network({
  inputs: inputsOf('numbers'),
  layers: [dense(6), relu(), dense(3)],
  outputs: { y: 'dense-2' },
});
const small = { vocabulary: 7, width: 4, depth: 2, heads: 2 };
const gptSmall = ended(inputsOf('ids'), gpt(small));

const classes: Loss = { kind: 'cross-entropy', target: 'labels' };
const sgd: Optimiser = { kind: 'sgd', learningRate: 0.1 };

/** What differs from plain SGD on classes. */
interface Setting {
  readonly network: NetworkSpec;
  readonly loss?: Loss;
  readonly optimiser?: Optimiser;
  readonly more?: Partial<Training>;
}

const settings: Readonly<Record<string, Setting>> = {
  attention: { network: onX(attention(2)) },
  'attention causal': { network: onX(attention(2, { causal: true })) },
  'attention rotary': { network: onX(attention(1, { rotary: true })) },
  'attention masked': { network: onX(attention(2, { from: ['x', 'mask'] }), 'mask') },
  'attention cross': { network: onX(attention(2, { from: ['x', 'memory', 'keys'] }), 'memory', 'keys') },
  gru: { network: onX(gru(3)) },
  'gru backwards': { network: onX(gru(3, { sequences: false, reverse: true })) },
  lstm: { network: onX(lstm(3)) },
  'lstm backwards': { network: onX(lstm(3, { reverse: true })) },
  tokens: { network: headed(inputsOf('x'), [classToken(), averageTokens()]) },
  average: {
    network: headed(inputsOf('x', 'mask'), [
      positions({ from: 'x' }),
      averageTokens({ from: ['positions-1', 'mask'] }),
    ]),
  },
  entities: { network: ended(inputsOf('categories'), [entityEmbeddings({ entries: [4, 2] }), dense(3)]) },
  gpt: { network: gptSmall, loss: { kind: 'cross-entropy', target: 'next' } },
  'gpt rotary': {
    network: ended(inputsOf('ids'), gpt({ ...small, heads: 1, positions: 'rotary' })),
    loss: { kind: 'cross-entropy', target: 'next' },
  },
  encoder: {
    network: ended(inputsOf('ids', 'mask'), [
      ...encoder({ ...small, depth: 1, ids: 'ids', mask: 'mask', pool: 'average' }),
      dense(3),
    ]),
  },
  'ft-transformer': {
    network: ended(
      inputsOf('numbers', 'categories'),
      ftTransformer({
        numbers: { input: 'numbers', count: 3 },
        categories: { input: 'categories', entries: [4, 2] },
        width: 4,
        depth: 1,
        heads: 2,
        outputs: 3,
      }),
    ),
  },
  'masked language model': { network: gptSmall, loss: { kind: 'cross-entropy', target: 'masked', ignoreIndex: -100 } },
  'masked with weights': {
    network: gptSmall,
    loss: {
      kind: 'cross-entropy',
      target: 'masked',
      ignoreIndex: -100,
      classWeights: [1, 2, 0.5, 1, 1, 3, 1],
      labelSmoothing: 0.1,
    },
  },
  poisson: { network: mlp, loss: { kind: 'poisson', target: 'counts' } },
  divergence: { network: mlp, loss: { kind: 'kullback-leibler', target: 'shares' } },
  distillation: {
    network: mlp,
    loss: { kind: 'distillation', target: 'labels', teacher: 'teacher', temperature: 3, teacherWeight: 0.7 },
  },
  contrastive: {
    network: network({
      inputs: inputsOf('numbers', 'teacher'),
      layers: [dense(4, { name: 'left', from: 'numbers' }), dense(4, { name: 'right', from: 'teacher' })],
      outputs: { a: 'left', b: 'right' },
    }),
    loss: { kind: 'contrastive', outputs: ['a', 'b'], temperature: 0.2 },
  },
  groups: {
    network: mlp,
    optimiser: { kind: 'adamw', learningRate: 0.01, weightDecay: 0 },
    more: {
      groups: [
        { match: 'dense-1/bias', isFrozen: true },
        { match: 'dense-1/*', rateFactor: 0.1, weightDecay: 0.2 },
      ],
    },
  },
  parts: {
    network: gptSmall,
    loss: { kind: 'cross-entropy', target: 'masked', ignoreIndex: -100 },
    more: { accumulate: 3 },
  },
  averaged: { network: mlp, more: { averageDecay: 0.9 } },
  'one cycle': {
    network: mlp,
    optimiser: { ...sgd, learningRate: 0.5 },
    more: { schedule: { kind: 'one-cycle', steps: 4 } },
  },
};

describe('training on sequences and columns', () => {
  it('every training of the fixture is used', () => {
    expect(Object.keys(settings)).toEqual(Object.keys(cases));
  });

  it.each(Object.keys(settings))('%s makes the losses and weights of PyTorch', async (name) => {
    const { network: spec, loss = classes, optimiser = sgd, more } = settings[name]!;
    const { start, losses: expected, end } = cases[name]!;
    await using trained = await onnxBackend().compile(spec, { loss, optimiser, threads: 1, ...more });
    const fresh = await trained.snapshot();
    const given = Object.entries(start).map(([key, { shape, data }]): [string, Tensor] => [
      key,
      { dtype: 'float32', shape, data: Float32Array.from(data) },
    ]);
    const averages = given
      .map(([key, value]): [string, Tensor] => [`${key}#average`, value])
      .filter(([key]) => key in fresh.state);
    const state = { ...fresh.state, ...Object.fromEntries([...given, ...averages]) };
    expect(Object.keys(state).sort()).toEqual(Object.keys(fresh.state).sort());
    await trained.restore({ ...fresh, state });

    const targets = Object.fromEntries(
      Object.keys(stored)
        .filter((key) => key !== 'batches')
        .map((key) => [key, tensor(key)]),
    );
    const inputs = Object.fromEntries(Object.keys(spec.inputs).map((key) => [key, tensor(key)]));
    const data: TrainingData = { inputs, targets };
    await expectTraining(trained, data, { batches: stored.batches, losses: expected, end, digits: 5 });

    // The file predicts what the network evaluates, for any number of rows.
    const { outputs } = await trained.evaluate(data);
    await using predictor = await onnxBackend().load(await trained.toModel(), { where: 'inline' });
    const predicted = await predictor.predict(inputs);
    for (const [key, { data: values }] of Object.entries(outputs)) {
      const far = (values as Float32Array).findIndex(
        (value, i) => Math.abs(value - Number(predicted[key]!.data[i])) > 1e-5,
      );
      expect(far, key).toBe(-1);
    }
  });
});
