import { describe, it } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { backendConformance } from '../../../src/testing/index.ts';

describe('the onnx backend', () => {
  for (const { name, run } of backendConformance(onnxBackend())) it(name, run, 60_000);
});
