import { afterAll, describe, it } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { remoteBackend, startWorker } from '../../../src/backends/remote/index.ts';
import { backendConformance } from '../../../src/testing/index.ts';

const worker = await startWorker({ backend: onnxBackend() });
const backend = await remoteBackend({ url: worker.url });
afterAll(() => worker[Symbol.asyncDispose]());

describe('the remote backend with the onnx backend behind it', () => {
  for (const { name, run } of backendConformance(backend, { reference: onnxBackend(), tolerance: 0 }))
    it(name, run, 60_000);
});
