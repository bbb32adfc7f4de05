import { checkModel, type ModelLimits } from '../../onnx/check-model.ts';
import type { Backend } from '../backend.ts';
import { readLoad } from '../given.ts';
import { createInlinePredictor } from './inline-predictor.ts';
import type { LayoutName } from './layout/image-layout.ts';
import type { Runtime } from './runtime.ts';
import { compileOnRuntime } from './train/compile-on-runtime.ts';
import { loadWebRuntime, type WebRuntimeOptions } from './web-runtime.ts';

/** Options of {@link onnxWebBackend}. */
export interface OnnxWebBackendOptions extends WebRuntimeOptions {
  /** What a model may have at most. */
  readonly limits?: ModelLimits;
  /** How images lie in memory while a network trains: `winograd`, `nhwc` or `plain`; this build has no blocks. @default 'auto': winograd */
  readonly layout?: LayoutName | 'auto';
}

/**
 * ONNX Runtime in WebAssembly, for predicting and for training, in a browser or wherever else there is WebAssembly. The graphs and the files
 * are those of `onnxBackend` in Node. It works on the thread that calls: a page that is to stay smooth calls it in a worker.
 *
 * @example
 * const backend = onnxWebBackend({ wasmPaths: '/onnxruntime/' });
 * await using trained = await backend.compile(spec, { loss: { kind: 'cross-entropy' }, optimiser: { kind: 'adam', learningRate: 1e-3 } });
 */
export function onnxWebBackend(options: OnnxWebBackendOptions = {}): Backend {
  let loading: Promise<Runtime> | undefined;
  const load = (): Promise<Runtime> => {
    loading ??= loadWebRuntime(options).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    name: 'onnx-web',
    capabilities: {
      train: true,
      predict: true,
      dtypes: ['float32', 'float64', 'int64', 'int32', 'uint8', 'bool', 'string'],
      devices: ['cpu'],
      deterministic: true,
    },
    async runtime() {
      return (await load()).about;
    },
    async load(given, how) {
      const { model, signal } = readLoad(given, how);
      checkModel(model, options.limits);
      return createInlinePredictor(await load(), model, 1, signal);
    },
    async compile(network, training, how) {
      return compileOnRuntime(await load(), network, training, options.layout, how);
    },
  };
}
