import { isMainThread } from 'node:worker_threads';
import { TrainerError } from '../../core/errors.ts';
import { checkModel, type ModelLimits } from '../../onnx/check-model.ts';
import type { Backend } from '../backend.ts';
import { readLoad } from '../given.ts';
import { createChildPredictor } from './child-predictor.ts';
import { type DeviceName, runtimeOn } from './device-runtime.ts';
import { createInlinePredictor } from './inline-predictor.ts';
import type { LayoutName } from './layout/image-layout.ts';
import { loadRuntime } from './load-runtime.ts';

/** Options of {@link onnxBackend}. */
export interface OnnxBackendOptions {
  /** What a model may have at most. */
  readonly limits?: ModelLimits;
  /**
   * How images lie in memory while a network trains: `nchwc` is in blocks of channels, for the runtime's own convolutions,
   * where they are proven at the start to give what the plain ones give; `nhwc` has channels last and products of matrices;
   * `winograd` is `nhwc` with fewer multiplications for kernels of 3×3; `plain` is ONNX's own form. Results differ by rounding alone. @default 'auto': nchwc, or nhwc where it is missing
   */
  readonly layout?: LayoutName | 'auto';
  /**
   * Where ONNX Runtime computes: an execution provider that the installed library lists. The first run of each graph is made on the CPU too, and both
   * have to agree. @default 'cpu'
   */
  readonly device?: DeviceName;
}

/** Blocks of channels and index tables are for caches; a graphics card has kernels for images as ONNX holds them. */
const usualLayout = (device: DeviceName): LayoutName | 'auto' => (device === 'cpu' ? 'auto' : 'plain');

/**
 * ONNX Runtime, on the CPU or on a `device`, for predicting and for training. Every model is checked before the runtime sees it. In a worker thread `inline` runs in a
 * child process too, because ending a thread while the runtime works aborts the whole process.
 */
export function onnxBackend(options: OnnxBackendOptions = {}): Backend {
  const { device = 'cpu' } = options;
  const load = async () => runtimeOn(await loadRuntime(), device);
  return {
    name: 'onnx',
    capabilities: {
      train: true,
      predict: true,
      dtypes: ['float32', 'float64', 'int64', 'int32', 'uint8', 'bool', 'string'],
      devices: [device],
      deterministic: device === 'cpu',
    },
    async runtime() {
      return (await loadRuntime()).about;
    },
    async load(given, how) {
      const { model, where, threads = 1, onEnd, signal } = readLoad(given, how);
      checkModel(model, options.limits);
      if (where === 'inline' && isMainThread) return createInlinePredictor(await load(), model, threads, signal);
      // A missing package is found here, where it is the host's own error, before a process is started for it.
      if (isMainThread) await load();
      return createChildPredictor(model, { threads, device, onEnd }, signal);
    },
    async compile(network, training, how) {
      if (!isMainThread) {
        throw new TrainerError(
          'REQUEST_INVALID',
          'Networks train on the main thread of a process: ending a worker thread while the runtime works aborts the whole process.',
        );
      }
      // The engine is loaded where something trains; whoever only predicts has no use for it.
      const { compileOnRuntime } = await import('./train/compile-on-runtime.ts');
      return compileOnRuntime(await load(), network, training, options.layout ?? usualLayout(device), how);
    },
  };
}
