import type { TrainingData } from '../src/backends/backend.ts';
import { mlp } from '../src/backends/network/blocks/mlp.ts';
import { resnet } from '../src/backends/network/blocks/resnet.ts';
import { relu } from '../src/backends/network/layers/activation.ts';
import { conv2d } from '../src/backends/network/layers/convolution.ts';
import { dense } from '../src/backends/network/layers/dense.ts';
import { maxPool2d } from '../src/backends/network/layers/pooling.ts';
import { flatten } from '../src/backends/network/layers/shaping.ts';
import { network } from '../src/backends/network/network.ts';
import type { Layer, NetworkSpec } from '../src/backends/network/network-spec.ts';
import type { Training } from '../src/backends/network/training.ts';
import type { OnnxBackendOptions } from '../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../src/core/helpers/random.ts';
import { sequenceCases } from './engine-sequence.ts';

/** One network of the engine's benches. */
export interface Case {
  readonly name: string;
  readonly spec: NetworkSpec;
  /** What `engine.py` builds the same network from. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly batch: number;
  readonly rows: number;
  readonly must: string;
  /** @default {@link training} */
  readonly training?: Training;
  /** Forced, to measure what other machines would take. @default auto */
  readonly layout?: NonNullable<OnnxBackendOptions['layout']>;
  /** Data of its own. @default numbers between -1 and 1 with two classes */
  readonly data?: (rows: number) => TrainingData;
}

const classifier = (shape: readonly number[], layers: readonly Layer[]) =>
  network({ inputs: { x: { dtype: 'float32', shape } }, layers });

function perceptron(widths: readonly number[]) {
  const [inputs, ...units] = widths as [number, ...number[]];
  const spec = classifier([inputs], mlp({ units: units.slice(0, -1), outputs: units.at(-1)! }));
  return { spec, model: { kind: 'mlp', widths } };
}

function cnn(channels: readonly [number, number]) {
  const stage = (filters: number) => [conv2d({ filters, kernel: 3 }), relu(), maxPool2d(2)];
  const layers = [...channels.flatMap(stage), flatten(), dense(128), relu(), dense(10)];
  return { spec: classifier([28, 28, 1], layers), model: { kind: 'cnn', channels } };
}

const smallCnn = { ...cnn([32, 64]), batch: 64, rows: 1280 };
const stages = [32, 64, 128];

/** The networks that are held against PyTorch. */
export const cases: readonly Case[] = [
  { name: 'MLP 20-64-64-2, batch 256', ...perceptron([20, 64, 64, 2]), batch: 256, rows: 51200, must: '>= 2.5' },
  { name: 'MLP 784-256-128-10, batch 128', ...perceptron([784, 256, 128, 10]), batch: 128, rows: 6400, must: '>= 1.6' },
  { name: 'CNN 28x28, 32-64, batch 64', ...smallCnn, must: '>= 1.5' },
  { name: 'the same without NCHWc', ...smallCnn, layout: 'nhwc', must: '>= 0.9' },
  {
    name: 'residual CNN 32x32, 32-64-128, batch 64',
    spec: classifier([32, 32, 3], resnet({ stages, outputs: 10 })),
    model: { kind: 'resnet', stages },
    batch: 64,
    rows: 256,
    must: '>= 1',
  },
  ...sequenceCases,
];

/** Networks whose channels and batch fill no block, each with the one that it would be padded to. */
export const uneven = {
  name: 'CNN 24-40, batch 50, to 32-48, batch 64',
  task: { ...smallCnn, ...cnn([24, 40]), name: 'uneven', batch: 50, rows: 1250, must: '' },
  padded: { ...smallCnn, ...cnn([32, 48]), name: 'padded', must: '' },
} as const;

/** Random data of a network's shapes. */
export function makeData({ spec, rows, data }: Case): TrainingData {
  if (data !== undefined) return data(rows);
  const random = createRandom('engine');
  const { shape } = spec.inputs.x!;
  const width = shape.reduce((product, size) => product * size, 1);
  const x = Float32Array.from({ length: rows * width }, () => 2 * random.next() - 1);
  const y = BigInt64Array.from({ length: rows }, (_, i) => (x[i * width]! > x[i * width + 1]! ? 1n : 0n));
  return {
    inputs: { x: { dtype: 'float32', shape: [rows, ...shape], data: x } },
    targets: { y: { dtype: 'int64', shape: [rows], data: y } },
  };
}

/** How each of them is trained. */
export const training = (threads: number): Training => ({
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 1e-3 },
  threads,
});
