import {
  conv2d,
  dense,
  flatten,
  type Layer,
  maxPool2d,
  mlp,
  type NetworkSpec,
  network,
  relu,
  type Training,
  type TrainingData,
} from '../../src/backends/networks.ts';
import { createRandom } from '../../src/core/helpers/random.ts';

/** A network that is trained in a page and in Node, on the same rows in the same order. */
export interface WebCase {
  readonly spec: NetworkSpec;
  readonly batch: number;
}

const classifier = (shape: readonly number[], layers: readonly Layer[]): NetworkSpec =>
  network({ inputs: { x: { dtype: 'float32', shape } }, layers });

const stage = (filters: number): Layer[] => [conv2d({ filters, kernel: 3 }), relu(), maxPool2d(2)];

/** The networks of the engine's table that are held against TensorFlow.js, and a small one. */
export const webCases = {
  mlp: { spec: classifier([784], mlp({ units: [256, 128], outputs: 10 })), batch: 128 },
  cnn: {
    spec: classifier([28, 28, 1], [...stage(32), ...stage(64), flatten(), dense(128), relu(), dense(10)]),
    batch: 64,
  },
  small: { spec: classifier([20], mlp({ units: [16], outputs: 3 })), batch: 32 },
} as const satisfies Record<string, WebCase>;

/** The name of a case. */
export type WebCaseName = keyof typeof webCases;

/** How all of them are trained. */
export const webTraining: Training = {
  loss: { kind: 'cross-entropy' },
  optimiser: { kind: 'adam', learningRate: 1e-3 },
  seed: 7,
};

/** Rows whose class can be learnt: the largest of the first inputs. */
export function webData({ spec }: WebCase, rows: number): TrainingData {
  const random = createRandom('engine-web');
  const { shape } = spec.inputs.x!;
  const width = shape.reduce((product, size) => product * size, 1);
  const x = Float32Array.from({ length: rows * width }, () => 2 * random.next() - 1);
  const y = BigInt64Array.from({ length: rows }, (_, row) => (x[row * width]! > x[row * width + 1]! ? 1n : 0n));
  return {
    inputs: { x: { dtype: 'float32', shape: [rows, ...shape], data: x } },
    targets: { y: { dtype: 'int64', shape: [rows], data: y } },
  };
}

/** Row numbers of batches in a row, over and over. */
export function webBatches({ batch }: WebCase, rows: number, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, at) =>
    Int32Array.from({ length: batch }, (_row, i) => (at * batch + i) % rows),
  );
}
