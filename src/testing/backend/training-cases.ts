import type { Tensor, TrainingData } from '../../backends/backend.ts';
import {
  gelu,
  leakyRelu,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from '../../backends/network/layers/activation.ts';
import { attention } from '../../backends/network/layers/attention.ts';
import { conv1d, conv2d, convTranspose2d, depthwiseConv2d } from '../../backends/network/layers/convolution.ts';
import { dense } from '../../backends/network/layers/dense.ts';
import { dropout } from '../../backends/network/layers/dropout.ts';
import { embedding } from '../../backends/network/layers/embedding.ts';
import { entityEmbeddings } from '../../backends/network/layers/entity-embeddings.ts';
import { groupNorm } from '../../backends/network/layers/group-norm.ts';
import { add, concatenate, multiply } from '../../backends/network/layers/joining.ts';
import { batchNorm, layerNorm, rmsNorm } from '../../backends/network/layers/normalisation.ts';
import * as pooling from '../../backends/network/layers/pooling.ts';
import { positions } from '../../backends/network/layers/positions.ts';
import { gru, lstm } from '../../backends/network/layers/recurrent.ts';
import { residual } from '../../backends/network/layers/residual.ts';
import { flatten, reshape } from '../../backends/network/layers/shaping.ts';
import { squeezeExcite } from '../../backends/network/layers/squeeze-excite.ts';
import { averageTokens, classToken, featureTokens, takeToken } from '../../backends/network/layers/tokens.ts';
import { upsample } from '../../backends/network/layers/upsample.ts';
import type { Loss } from '../../backends/network/loss.ts';
import { network } from '../../backends/network/network.ts';
import type { Layer, NetworkSpec } from '../../backends/network/network-spec.ts';
import type { Optimiser } from '../../backends/network/optimiser.ts';
import type { Training } from '../../backends/network/training.ts';
import { createRandom } from '../../core/helpers/random.ts';

/** A small network with how it is trained and on what. */
export interface TrainingCase {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly training: Training;
  readonly data: TrainingData;
  readonly batches: readonly Int32Array[];
}

const rows = 24;
const classes = 3;
const positionsOfSequences = 5;
const vocabulary = 7;

const count = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

type Floats = Extract<Tensor, { dtype: 'float32' }>;
type Integers = Extract<Tensor, { dtype: 'int64' }>;

function floats(name: string, shape: readonly number[], draw?: (next: () => number) => number): Floats {
  const random = createRandom(`conformance/${name}`);
  const one = draw === undefined ? () => random.normal() : () => draw(random.next);
  const all = [rows, ...shape];
  return { dtype: 'float32', shape: all, data: Float32Array.from({ length: count(all) }, one) };
}

function integers(name: string, shape: readonly number[], below: (i: number) => number): Integers {
  const random = createRandom(`conformance/${name}`);
  const all = [rows, ...shape];
  const data = BigInt64Array.from({ length: count(all) }, (_, i) => BigInt(random.integer(below(i))));
  return { dtype: 'int64', shape: all, data };
}

function shares(name: string): Tensor {
  const { data, shape } = floats(name, [classes], (next) => 0.1 + next());
  for (let row = 0; row < rows; row++) {
    const own = data.subarray(row * classes, (row + 1) * classes);
    const sum = own.reduce((a, b) => a + b, 0);
    for (let i = 0; i < classes; i++) own[i] = own[i]! / sum;
  }
  return { dtype: 'float32', shape, data };
}

/** The mask of a sequence: the first is always there, so that no row is empty. */
function mask(): Tensor {
  const { data } = integers('mask', [positionsOfSequences], () => 2);
  return {
    dtype: 'int64',
    shape: [rows, positionsOfSequences],
    data: data.map((value, i) => (i % positionsOfSequences === 0 ? 1n : value)),
  };
}

/** Inputs that networks take, by name. */
const inputs: Readonly<Record<string, Tensor>> = {
  numbers: floats('numbers', [6]),
  others: floats('others', [6]),
  image: floats('image', [6, 6, 2]),
  wide: floats('wide', [6, 6, 4]),
  sequence: floats('sequence', [positionsOfSequences, 4]),
  memory: floats('memory', [positionsOfSequences, 4]),
  ids: integers('ids', [positionsOfSequences], () => vocabulary),
  columns: integers('columns', [2], (i) => (i % 2 === 0 ? 4 : 3)),
  mask: mask(),
};

/** Targets that losses take, by name. */
const targets: Readonly<Record<string, Tensor>> = {
  labels: integers('labels', [], () => classes),
  next: integers('next', [positionsOfSequences], () => vocabulary),
  real: floats('real', [1]),
  level: floats('level', []),
  binary: floats('binary', [1], (next) => (next() < 0.5 ? 0 : 1)),
  counts: floats('counts', [1], (next) => Math.floor(4 * next())),
  shares: shares('shares'),
  teacher: floats('teacher', [classes]),
};

const batches = [8, 8, 8, 8, 5, 8].map((size, i) => {
  const random = createRandom(`conformance/batch/${i}`);
  return random.shuffle(Int32Array.from({ length: rows }, (_, row) => row)).slice(0, size);
});

const labels: Loss = { kind: 'cross-entropy', target: 'labels' };
const adam: Optimiser = { kind: 'adam', learningRate: 0.01 };

const declared = (names: readonly string[]): NetworkSpec['inputs'] =>
  Object.fromEntries(
    names.map((name) => {
      const { dtype, shape } = inputs[name]!;
      return [name, { dtype: dtype as 'float32' | 'int64', shape: shape.slice(1) }];
    }),
  );

function make(name: string, spec: NetworkSpec, training: Partial<Training> = {}): TrainingCase {
  return {
    name,
    network: spec,
    training: { loss: labels, optimiser: adam, seed: 7, threads: 1, ...training },
    data: {
      inputs: Object.fromEntries(Object.keys(spec.inputs).map((input) => [input, inputs[input]!])),
      targets: training.loss?.kind === 'contrastive' ? {} : targets,
    },
    batches,
  };
}

/** A network that ends in one value a class. */
const headed = (names: readonly string[], layers: readonly Layer[]): NetworkSpec =>
  network({
    inputs: declared(names),
    layers: [...layers, flatten(), dense(classes, { name: 'head' })],
    outputs: { y: 'head' },
  });

/** Behind a layer with weights where the input is of numbers, so that gradients go through the layer to its input. */
const behind = (input: string): readonly Layer[] =>
  inputs[input]!.dtype === 'int64' ? [] : [dense(inputs[input]!.shape.at(-1)!, { name: 'before' })];

const layersOf = (input: string, layers: Readonly<Record<string, readonly Layer[]>>): TrainingCase[] =>
  Object.entries(layers).map(([name, own]) => make(`layer ${name}`, headed([input], [...behind(input), ...own])));

const mlp = (outputs: number) =>
  network({
    inputs: declared(['numbers']),
    layers: [dense(8), relu(), dense(outputs, { name: 'out' })],
    outputs: { y: 'out' },
  });

const activations = Object.entries({
  relu: relu(),
  leakyRelu: leakyRelu(0.1),
  gelu: gelu(),
  silu: silu(),
  tanh: tanh(),
  sigmoid: sigmoid(),
  softplus: softplus(),
  softmax: softmax(),
}).map(([name, layer]): readonly [string, readonly Layer[]] => [name, [layer]]);

/** Each kind of layer, in the forms that are computed differently. */
export const layerCases: readonly TrainingCase[] = [
  ...layersOf('numbers', {
    dense: [dense(5, { bias: false })],
    ...Object.fromEntries(activations),
    dropout: [dense(16), dropout(0.4)],
    reshape: [reshape([2, 3]), dense(4)],
    residual: [residual([dense(6), relu()])],
    layerNorm: [layerNorm()],
    rmsNorm: [rmsNorm()],
    batchNorm: [dense(5), batchNorm()],
    featureTokens: [featureTokens(3)],
  }),
  make('layer concatenate', headed(['numbers', 'others'], [concatenate({ from: ['numbers', 'others'] })])),
  make('layer add', headed(['numbers', 'others'], [add({ from: ['numbers', 'others'] })])),
  make('layer multiply', headed(['numbers', 'others'], [multiply({ from: ['numbers', 'others'] })])),
  ...layersOf('ids', { embedding: [embedding({ entries: vocabulary, width: 3 })] }),
  ...layersOf('columns', {
    entityEmbeddings: [entityEmbeddings({ entries: [4, 3] })],
    'entityEmbeddings of one width': [entityEmbeddings({ entries: [4, 3], width: 2 })],
  }),
  ...layersOf('sequence', {
    attention: [attention(2, { dropout: 0.2 })],
    'attention causal': [attention(2, { causal: true })],
    'attention rotary': [attention(1, { rotary: true })],
    positions: [positions()],
    classToken: [classToken()],
    takeToken: [takeToken(-1)],
    averageTokens: [averageTokens()],
    gru: [gru(3)],
    lstm: [lstm(3, { sequences: false, reverse: true })],
    conv1d: [conv1d({ filters: 3, kernel: 3, dilation: 2, padding: 'causal' })],
    maxPool1d: [pooling.maxPool1d(2)],
    averagePool1d: [pooling.averagePool1d(2)],
  }),
  make('layer attention masked', headed(['sequence', 'mask'], [attention(2, { from: ['sequence', 'mask'] })])),
  make(
    'layer attention cross',
    headed(['sequence', 'memory', 'mask'], [attention(2, { from: ['sequence', 'memory', 'mask'] })]),
  ),
  make('layer averageTokens masked', headed(['sequence', 'mask'], [averageTokens({ from: ['sequence', 'mask'] })])),
  ...layersOf('image', {
    conv2d: [conv2d({ filters: 3, kernel: 3 }), relu()],
    'conv2d with stride': [conv2d({ filters: 3, kernel: 3, stride: 2 })],
    'conv2d with dilation': [conv2d({ filters: 3, kernel: 2, dilation: 2, padding: 'valid', bias: false })],
    depthwiseConv2d: [depthwiseConv2d({ kernel: 3, multiplier: 2 })],
    convTranspose2d: [convTranspose2d({ filters: 3, kernel: 3, stride: 2 })],
    maxPool2d: [pooling.maxPool2d(2)],
    'maxPool2d that overlaps': [pooling.maxPool2d(3, { stride: 2 })],
    averagePool2d: [pooling.averagePool2d(2)],
    globalAveragePool: [pooling.globalAveragePool()],
    globalMaxPool: [pooling.globalMaxPool()],
    'batchNorm of images': [conv2d({ filters: 4, kernel: 3 }), batchNorm()],
    upsample: [upsample(2)],
    'upsample bilinear': [upsample(2, { mode: 'bilinear' })],
  }),
  ...layersOf('wide', {
    'conv2d in groups': [conv2d({ filters: 4, kernel: 3, groups: 2 })],
    groupNorm: [groupNorm(2)],
    squeezeExcite: [squeezeExcite(2)],
  }),
];

const twin = network({
  inputs: declared(['numbers', 'others']),
  layers: [dense(4, { name: 'left', from: 'numbers' }), dense(4, { name: 'right', from: 'others' })],
  outputs: { a: 'left', b: 'right' },
});
const speaker = network({
  inputs: declared(['ids']),
  layers: [embedding({ entries: vocabulary, width: 4 }), dense(vocabulary, { name: 'out' })],
  outputs: { y: 'out' },
});

/** Each loss with its options. */
export const lossCases: readonly TrainingCase[] = [
  make('loss cross-entropy with weights and smoothing', mlp(3), {
    loss: { ...labels, classWeights: [1, 2, 0.5], labelSmoothing: 0.1 },
    metrics: ['accuracy'],
  }),
  make('loss cross-entropy on probabilities', mlp(3), { loss: { kind: 'cross-entropy', target: 'shares' } }),
  make('loss cross-entropy without ignored labels', speaker, {
    loss: { kind: 'cross-entropy', target: 'next', ignoreIndex: 0 },
  }),
  make('loss binary-cross-entropy', mlp(1), {
    loss: { kind: 'binary-cross-entropy', target: 'binary', positiveWeight: 3 },
  }),
  make('loss mean-squared-error', mlp(1), { loss: { kind: 'mean-squared-error', target: 'real' } }),
  make('loss mean-absolute-error', mlp(1), { loss: { kind: 'mean-absolute-error', target: 'real' } }),
  make('loss huber', mlp(1), { loss: { kind: 'huber', target: 'real', delta: 0.5 } }),
  make('loss quantile', mlp(3), { loss: { kind: 'quantile', target: 'level', quantiles: [0.1, 0.5, 0.9] } }),
  make('loss poisson', mlp(1), { loss: { kind: 'poisson', target: 'counts' } }),
  make('loss kullback-leibler', mlp(3), { loss: { kind: 'kullback-leibler', target: 'shares' } }),
  make('loss distillation', mlp(3), { loss: { kind: 'distillation', target: 'labels', teacher: 'teacher' } }),
  make('loss contrastive', twin, { loss: { kind: 'contrastive', outputs: ['a', 'b'], temperature: 0.2 } }),
];

/** Each optimiser and what else a step may do. */
export const optimiserCases: readonly TrainingCase[] = [
  make('optimiser sgd with Nesterov momentum', mlp(3), {
    optimiser: { kind: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  }),
  make('optimiser adamw with all settings', mlp(3), {
    optimiser: { kind: 'adamw', learningRate: 0.02, weightDecay: 0.1 },
    schedule: { kind: 'cosine', steps: 6, warmUpSteps: 2 },
    clipNorm: 0.5,
    accumulate: 2,
    averageDecay: 0.9,
    groups: [{ match: '*bias', rateFactor: 0.5 }],
  }),
];

/** A network with dropout, a moving average and a schedule: everything that a snapshot has to keep. */
export const wholeCase: TrainingCase = make(
  'everything that a snapshot keeps',
  network({
    inputs: declared(['numbers']),
    layers: [dense(16), batchNorm(), relu(), dropout(0.2), dense(classes, { name: 'out' })],
    outputs: { y: 'out' },
  }),
  { schedule: { kind: 'cosine', steps: 12 }, averageDecay: 0.8, metrics: ['accuracy'] },
);
