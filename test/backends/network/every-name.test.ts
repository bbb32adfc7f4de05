import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layerKinds } from '../../../src/backends/network/layer-kinds.ts';
import { activations } from '../../../src/backends/network/layers/activation.ts';
import { lossKinds } from '../../../src/backends/network/loss.ts';
import type { Layer } from '../../../src/backends/network/network-spec.ts';
import { layerCases, lossCases, optimiserCases } from '../../../src/testing/backend/training-cases.ts';

/** Kinds of layers, and activations by their names, residuals opened. */
const namesOf = (layers: readonly Layer[]): string[] =>
  layers.flatMap((layer) =>
    layer.kind === 'residual'
      ? [layer.kind, ...namesOf(layer.layers)]
      : layer.kind === 'activation'
        ? [layer.kind, layer.activation]
        : [layer.kind],
  );

const all = [...layerCases, ...lossCases, ...optimiserCases];
const held = {
  layers: new Set(all.flatMap(({ network }) => namesOf(network.layers))),
  losses: new Set(all.map(({ training }) => training.loss.kind)),
  optimisers: new Set(all.map(({ training }) => training.optimiser.kind)),
  settings: new Set(all.flatMap(({ training }) => Object.keys(training))),
};

describe('what the conformance of backends holds', () => {
  it.each([...Object.keys(layerKinds), ...activations, 'residual'])('has the layer %s', (name) => {
    // A file that was imported is held by tests of its own, as tfjs and a browser have no importer.
    if (name !== 'imported') expect(held.layers).toContain(name);
  });

  it.each(lossKinds)('has the loss %s', (kind) => {
    expect(held.losses).toContain(kind);
  });

  it.each(['sgd', 'adam', 'adamw'])('has the optimiser %s', (kind) => {
    expect(held.optimisers).toContain(kind);
  });

  it.each(['schedule', 'clipNorm', 'accumulate', 'averageDecay', 'groups', 'metrics', 'seed'])('has %s', (setting) => {
    expect(held.settings).toContain(setting);
  });
});

/** Trainings by PyTorch of the fixtures: what is drawn there is read from the tests that use them. */
const trainings = ['training', 'sequence-training', 'image-training'].map((name) => {
  const path = new URL(`../../fixtures/engine/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly cases: Readonly<Record<string, unknown>> }).cases;
});
const byPyTorch = trainings.flatMap((cases) => Object.keys(cases));

/** For each name the training by PyTorch that has it. */
const peers: Readonly<Record<string, string>> = {
  dense: 'sgd',
  relu: 'sgd',
  'leaky-relu': 'leaky',
  gelu: 'gelu',
  silu: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  softplus: 'softplus',
  softmax: 'softmax',
  residual: 'residual',
  embedding: 'embedding',
  flatten: 'embedding',
  concatenate: 'embedding',
  'layer-norm': 'norms',
  'rms-norm': 'norms',
  'batch-norm': 'batch norm',
  attention: 'attention',
  positions: 'average',
  'class-token': 'tokens',
  'average-tokens': 'average',
  'feature-tokens': 'ft-transformer',
  multiply: 'ft-transformer',
  'take-token': 'ft-transformer',
  'entity-embeddings': 'entities',
  gru: 'gru',
  lstm: 'lstm',
  conv1d: 'conv1d',
  conv2d: 'conv2d',
  'depthwise-conv2d': 'depthwise',
  'conv-transpose2d': 'transposed',
  'max-pool1d': 'max pool of a sequence',
  'max-pool2d': 'max pool',
  'average-pool1d': 'average pool of a sequence',
  'average-pool2d': 'average pool',
  'global-average-pool': 'global average',
  'global-max-pool': 'global max',
  'group-norm': 'group norm',
  upsample: 'upsample',
  'squeeze-excite': 'squeeze excite',
  'cross-entropy': 'sgd',
  'binary-cross-entropy': 'binary',
  'mean-squared-error': 'squares',
  'mean-absolute-error': 'absolute',
  huber: 'huber',
  quantile: 'quantile',
  poisson: 'poisson',
  'kullback-leibler': 'divergence',
  distillation: 'distillation',
  contrastive: 'contrastive',
  'a masked language model': 'masked language model',
  sgd: 'momentum',
  adam: 'adam',
  adamw: 'adamw',
};

// Dropout is drawn, reshape moves nothing, add is what residuals are made of, and a file brings its own peer.
const without = new Set(['activation', 'dropout', 'reshape', 'add', 'imported']);

describe('what is held against PyTorch', () => {
  it.each(
    [...Object.keys(layerKinds), ...activations, ...lossKinds, ...Object.keys(peers)].filter(
      (name) => !without.has(name),
    ),
  )('has %s', (name) => {
    expect(byPyTorch).toContain(peers[name]);
  });
});
