/**
 * The entry `traineragent/tfjs`: networks and models on TensorFlow.js, in browsers and in Node. `docs/backends.md` says when to take it.
 */
export type { Tf } from './kernel.ts';
export { type TfjsBackendOptions, tfjsBackend } from './tfjs-backend.ts';
