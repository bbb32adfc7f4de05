import type * as Ort from 'onnxruntime-node';
import type { BackendRuntime } from '../backend.ts';

/**
 * What this library asks of ONNX Runtime: the part that its native build (`onnxruntime-node`) and its build for WebAssembly
 * (`onnxruntime-web`) have in common.
 */
export interface Runtime extends Pick<typeof Ort, 'InferenceSession' | 'Tensor'> {
  readonly about: BackendRuntime;
  /** The execution provider that every session takes. */
  readonly provider: 'cpu' | 'wasm' | 'cuda' | 'webgpu' | 'coreml' | 'dml';
  /** Execution providers that the library says it has. */
  readonly listed?: readonly string[];
}

/** A module as it is, or what CommonJS has put behind `default`. */
export function moduleOf<T>(imported: unknown): T {
  return ((imported as { default?: T }).default ?? imported) as T;
}
