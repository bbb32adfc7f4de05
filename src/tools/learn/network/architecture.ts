import type { NetworkSpec, Tensor } from '../../../backends/backend.ts';
import type { Problem } from '../learner.ts';
import { type Encoding, layoutOf } from './encoding.ts';
import type { NetworkOptions } from './options.ts';
import { type DenseStage, denseStage, foldNorm, normOf, type Stage, type Weights } from './stages.ts';

/** Names that the network's data have. */
export const inputNames = { numbers: 'numbers', entries: 'entries', weight: 'weight' } as const;

/** What a network is made for. */
export interface NetworkShape {
  readonly encoding: Encoding;
  readonly problem: Problem;
  /** Whether rows of a regression have weights, which then multiply the error. */
  readonly isWeighted: boolean;
}

/** Width of an embedding: the root of the most values that a category has, from 2 to 16. */
export function embeddingWidth({ sizes }: Encoding): number {
  return Math.max(2, Math.min(16, Math.ceil(Math.sqrt(Math.max(1, ...sizes)))));
}

/** Values that come out: a logit a class (two for binary), or one value. */
export function outputsOf({ classCount }: Problem): number {
  return classCount === 0 ? 1 : classCount;
}

/** Values that go into the first layer. */
export function inputWidth(encoding: Encoding): number {
  return layoutOf(encoding).numberWidth + encoding.sizes.length * embeddingWidth(encoding);
}

type Layers = NetworkSpec['layers'][number][];

const relu = (): Layers[number] => ({ kind: 'activation', activation: 'relu' });

function withDropout({ dropout }: NetworkOptions): Layers {
  return dropout > 0 ? [{ kind: 'dropout', rate: dropout }] : [];
}

/** The middle of a network: what lies between its inputs and its head. */
const bodies = {
  mlp: (options: NetworkOptions): Layers =>
    Array.from(
      { length: options.depth },
      (_, i): Layers => [{ kind: 'dense', units: options.width, name: `hidden-${i}` }, relu(), ...withDropout(options)],
    ).flat(),
  resnet: (options: NetworkOptions): Layers => [
    { kind: 'dense', units: options.width, name: 'stem' },
    ...Array.from({ length: options.depth }, (_, i): Layers[number] => ({
      kind: 'residual',
      name: `block-${i}`,
      layers: [
        { kind: 'batch-norm', name: 'norm' },
        { kind: 'dense', units: 2 * options.width, name: 'wide' },
        relu(),
        ...withDropout(options),
        { kind: 'dense', units: options.width, name: 'narrow' },
      ],
    })),
    { kind: 'batch-norm', name: 'norm' },
    relu(),
  ],
} as const;

/**
 * The network of a configuration as plain JSON. MLP: dense, ReLU, dropout. ResNet: a dense stem, blocks of batch norm, dense to
 * twice the width, ReLU, dropout, dense back, added to what came in; then batch norm and ReLU (Gorishniy et al., "Revisiting Deep
 * Learning Models for Tabular Data", 2021). Categories come in as trained vectors (Guo and Berkhahn, "Entity Embeddings of
 * Categorical Variables", 2016).
 */
export function networkOf(options: NetworkOptions, { encoding, problem, isWeighted }: NetworkShape): NetworkSpec {
  const { numberWidth, entries } = layoutOf(encoding);
  const count = encoding.sizes.length;
  const inputs: Record<string, NetworkSpec['inputs'][string]> = {};
  const layers: Layers = [];
  if (numberWidth > 0) inputs[inputNames.numbers] = { dtype: 'float32', shape: [numberWidth] };
  if (count > 0) {
    inputs[inputNames.entries] = { dtype: 'int64', shape: [count] };
    const width = embeddingWidth(encoding);
    layers.push({ kind: 'embedding', name: 'embedding', from: inputNames.entries, entries, width });
    layers.push({ kind: 'flatten', name: 'embedded' });
    if (numberWidth > 0) layers.push({ kind: 'concatenate', name: 'joined', from: [inputNames.numbers, 'embedded'] });
  }
  const first = { from: count === 0 ? inputNames.numbers : numberWidth === 0 ? 'embedded' : 'joined' };
  const [start, ...rest] = bodies[options.architecture](options);
  layers.push({ ...start!, ...first }, ...rest);
  layers.push({ kind: 'dense', units: outputsOf(problem), name: 'head' });
  if (!isWeighted) return { formatVersion: 1, inputs, layers, outputs: { output: 'head' } };
  // The error times the root of the weight: its square has the weight as a factor.
  inputs[inputNames.weight] = { dtype: 'float32', shape: [1] };
  layers.push({ kind: 'multiply', name: 'weighted', from: ['head', inputNames.weight] });
  return { formatVersion: 1, inputs, layers, outputs: { output: 'weighted' } };
}

/** What a trained network computes when it predicts: dropout gone, batch norms folded into what follows them. */
export function stagesOf(options: NetworkOptions, state: Readonly<Record<string, Tensor>>): Stage[] {
  const weights: Weights = (key) => {
    const tensor = state[key]!;
    return { data: tensor.data as Float32Array, shape: tensor.shape };
  };
  const head = denseStage(weights, 'head', false);
  if (options.architecture === 'mlp') {
    const hidden = Array.from({ length: options.depth }, (_, i) => denseStage(weights, `hidden-${i}`, true));
    return [...hidden, head];
  }
  const blocks = Array.from({ length: options.depth }, (_, i): Stage => {
    const first: DenseStage = denseStage(weights, `block-${i}.wide`, true);
    return {
      kind: 'block',
      first: foldNorm(normOf(weights, `block-${i}.norm`), first),
      second: denseStage(weights, `block-${i}.narrow`, false),
    };
  });
  return [denseStage(weights, 'stem', false), ...blocks, { kind: 'scale', ...normOf(weights, 'norm') }, head];
}

/** Trained numbers of a network. */
export function parameterCount(options: NetworkOptions, encoding: Encoding, problem: Problem): number {
  const { width, depth, architecture } = options;
  const embedding = layoutOf(encoding).entries * (encoding.sizes.length > 0 ? embeddingWidth(encoding) : 0);
  const first = (inputWidth(encoding) + 1) * width;
  const rest = architecture === 'mlp' ? (depth - 1) * (width + 1) * width : depth * (4 * width * width + 5 * width);
  return embedding + first + rest + (width + 1) * outputsOf(problem);
}
