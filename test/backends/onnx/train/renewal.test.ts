import { describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../../src/backends/backend.ts';
import { dense, network, type Optimiser, type Training } from '../../../../src/backends/networks.ts';
import { onnxBackend } from '../../../../src/backends/onnx/onnx-backend.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';

const [rows, width, steps] = [32, 3, 700];
const spec = network({ inputs: { x: { dtype: 'float32', shape: [width] } }, layers: [dense(1)] });
const random = createRandom('renewal');
const x = Float32Array.from({ length: rows * width }, () => random.normal());
const y = Float32Array.from({ length: rows }, (_, i) => 3 * x[i * width]! - x[i * width + 1]! + 0.5 + random.normal());
const data: TrainingData = {
  inputs: { x: { dtype: 'float32', shape: [rows, width], data: x } },
  targets: { y: { dtype: 'float32', shape: [rows, 1], data: y } },
};
// Of changing rows, so that gradients stay far from zero, where their signs would be rounding.
const size = 8;
const batchAt = (step: number) => Int32Array.from({ length: size }, (_, i) => (step * size + i) % rows);

/** The weights after some steps of least squares, in double precision, by the formulas of Kingma and Ba (2015). */
function adamInDoubles(start: readonly number[], optimiser: Optimiser & { kind: 'adam' }, clipNorm?: number): number[] {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optimiser;
  const weights = [...start];
  const [m, v] = [weights.map(() => 0), weights.map(() => 0)];
  let [power1, power2] = [1, 1];
  for (let step = 0; step < steps; step++) {
    const gradient = weights.map(() => 0);
    for (const i of batchAt(step)) {
      const row = [...x.subarray(i * width, (i + 1) * width), 1];
      const error = row.reduce((sum, value, j) => sum + value * weights[j]!, 0) - y[i]!;
      for (const [j, value] of row.entries()) gradient[j]! += (2 * error * value) / size;
    }
    const norm = Math.hypot(...gradient);
    const factor = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (norm + 1e-6));
    power1 *= beta1;
    power2 *= beta2;
    for (const [j, slope] of gradient.entries()) {
      const g = slope * factor;
      m[j] = beta1 * m[j]! + (1 - beta1) * g;
      v[j] = beta2 * v[j]! + (1 - beta2) * g * g;
      weights[j]! -= (learningRate * (m[j]! / (1 - power1))) / (Math.sqrt(v[j]! / (1 - power2)) + epsilon);
    }
  }
  return weights;
}

async function train(training: Training, lengths: readonly number[], keepsBetween = false) {
  let trained = await onnxBackend().compile(spec, training);
  const start = await trained.snapshot();
  for (const length of lengths) {
    const batches = Array.from({ length }, (_, i) => batchAt(trained.step + i));
    await trained.steps(data, batches);
    if (!keepsBetween) continue;
    const snapshot = await trained.snapshot();
    await trained[Symbol.asyncDispose]();
    trained = await onnxBackend().compile(spec, training);
    await trained.restore(snapshot);
  }
  const end = await trained.snapshot();
  await trained[Symbol.asyncDispose]();
  const weights = (state: typeof end.state) =>
    ['output/weight', 'output/bias'].flatMap((key) => [...(state[key]!.data as Float32Array)]);
  return { start: weights(start.state), end: weights(end.state), state: end.state };
}

const loss = { kind: 'mean-squared-error' } as const;

describe('Adam over several renewals of its memories', () => {
  it.each([
    ['at its defaults', {}, undefined],
    ['with clipping', {}, 0.05],
    ['with a β₂ that lets the scale grow far', { beta2: 0.9 }, undefined],
    ['with a β₂ too small for a scale', { beta1: 0.8, beta2: 0.7 }, undefined],
    ['with a large ε, and clipping', { epsilon: 0.1 }, 0.5],
    ['with a slow memory', { beta1: 0.99, beta2: 0.9999 }, undefined],
  ] as const)('makes the steps of its formulas %s', async (_, settings, clipNorm) => {
    const optimiser = { kind: 'adam', learningRate: 3e-3, ...settings } as const;
    const training = { loss, optimiser, ...(clipNorm !== undefined && { clipNorm }) };
    const { start, end } = await train(training, [steps]);
    const expected = adamInDoubles(start, optimiser, clipNorm);
    for (const [i, weight] of expected.entries()) expect(Math.abs(end[i]! - weight)).toBeLessThan(2e-5);
  });
});

describe('a training with memories', () => {
  it.each([
    ['adam', { kind: 'adam', learningRate: 1e-2 }],
    ['adamw', { kind: 'adamw', learningRate: 1e-2 }],
    ['momentum', { kind: 'sgd', learningRate: 1e-3, momentum: 0.9 }],
  ] as const)(
    'has the same bits with %s however its steps are divided, and where it is resumed',
    async (_, optimiser) => {
      const training = { loss, optimiser, averageDecay: 0.9 };
      const whole = await train(training, [steps]);
      const divided = await train(training, [1, 254, 2, 255, 188], true);
      expect(divided.state).toEqual(whole.state);
    },
  );
});
