/**
 * The entry `traineragent/engine-web`: what `traineragent/engine` has, for browsers. Networks train on `onnxruntime-web`, in WebAssembly;
 * nothing of Node is needed. `docs/engine.md` explains how.
 */
export * from './networks.ts';
export { type OnnxWebBackendOptions, onnxWebBackend } from './onnx/onnx-web-backend.ts';
export type { OrtModule } from './onnx/web-runtime.ts';
