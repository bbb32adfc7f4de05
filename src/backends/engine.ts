/**
 * The entry `traineragent/engine`: networks as plain JSON, and the backend that trains them in Node on ONNX Runtime.
 * `docs/engine.md` explains how.
 */
export type { BackendNeed } from '../core/helpers/backend-need.ts';
export { blobFolder } from '../core/helpers/blob-folder.ts';
export type { BackendRegistry } from './backend.ts';
export * from './networks.ts';
export type { DeviceName } from './onnx/device-runtime.ts';
export { type OnnxBackendOptions, onnxBackend } from './onnx/onnx-backend.ts';
export { type BackendSource, backendRegistry } from './registry.ts';
