/**
 * The entry `traineragent/engine`: networks as plain JSON, and the backend that trains them in Node on ONNX Runtime.
 * `docs/engine.md` explains how.
 */
export { blobFolder } from '../core/helpers/blob-folder.ts';
export * from './networks.ts';
export { type OnnxBackendOptions, onnxBackend } from './onnx/onnx-backend.ts';
