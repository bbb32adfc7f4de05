import { expect, it } from 'vitest';
import { onnxWebBackend } from '../../../src/backends/onnx/onnx-web-backend.ts';
import { wholeCase } from '../../../src/testing/backend/training-cases.ts';

// In a file of its own: the runtime keeps the number of threads that it was first given.
it('in Node the WebAssembly build trains on one thread, however many were asked for', async () => {
  const { network, training, data, batches } = wholeCase;
  await using trained = await onnxWebBackend({ threads: 2 }).compile(network, training);
  expect(await trained.steps(data, batches.slice(0, 2))).toHaveLength(2);
});
