import * as ort from 'onnxruntime-web/wasm';
import { describe, it } from 'vitest';
import { onnxBackend } from '../../../src/backends/onnx/onnx-backend.ts';
import { onnxWebBackend } from '../../../src/backends/onnx/onnx-web-backend.ts';
import type { OrtModule } from '../../../src/backends/onnx/web-runtime.ts';
import { backendConformance } from '../../../src/testing/index.ts';

describe('the onnx backend in WebAssembly, held against the native one', () => {
  const backend = onnxWebBackend({ ort: ort as OrtModule });
  for (const { name, run } of backendConformance(backend, { reference: onnxBackend() })) it(name, run, 60_000);
});
