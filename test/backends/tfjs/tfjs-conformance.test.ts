import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { tfjsBackend } from '../../../src/backends/tfjs/index.ts';
import { backendConformance } from '../../../src/testing/index.ts';

await tf.setBackend('cpu');

describe('the tfjs backend on its CPU backend', () => {
  const tests = backendConformance(tfjsBackend({ tf }), {
    reference: onnxBackend(),
    memoryBytes: () => tf.memory().numBytes,
  });
  for (const { name, run } of tests) it(name, run, 120_000);
});
