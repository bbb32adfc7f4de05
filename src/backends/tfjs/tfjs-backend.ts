import { TrainerError } from '../../core/errors.ts';
import { checkModel, type ModelLimits } from '../../onnx/check-model.ts';
import { dataTypes, type OnnxValue } from '../../onnx/model.ts';
import type { Backend, CallOptions, Predictor, TensorInfo, Tensors } from '../backend.ts';
import { checkAborted, loadAborted, readInputs, readLoad, readOptions } from '../given.ts';
import { checkTensors } from '../onnx/tensors.ts';
import { compileNetwork } from '../onnx/train/trainable-network.ts';
import { GraphSession } from './graph-session.ts';
import type { Tf } from './kernel.ts';

/** Options of {@link tfjsBackend}. */
export interface TfjsBackendOptions {
  /** TensorFlow.js with the backend that is to be used, set and ready: `await tf.setBackend('webgl')`. */
  readonly tf: Tf;
  /** What a model may have at most. */
  readonly limits?: ModelLimits;
}

/** Backends of TensorFlow.js that give the same bits for the same numbers. */
const exactBackends: readonly string[] = ['cpu', 'wasm'];

const dtypes: Readonly<Record<number, TensorInfo['dtype']>> = {
  [dataTypes.float]: 'float32',
  [dataTypes.int64]: 'int64',
  [dataTypes.int32]: 'int32',
  [dataTypes.bool]: 'bool',
};

function infoOf({ name, dataType, shape = [] }: OnnxValue): TensorInfo {
  const dtype = dtypes[dataType];
  if (dtype === undefined) {
    throw new TrainerError(
      'MODEL_UNSUPPORTED',
      `The tfjs backend takes float32, int64, int32 and bool; "${name}" is of the ONNX type ${dataType}. Use the onnx backend.`,
    );
  }
  return { name, dtype, shape: shape.map((size) => (typeof size === 'number' ? size : -1)) };
}

/**
 * Networks and models on TensorFlow.js, with whatever backend of it is set: WebGL, WebGPU, wasm or cpu. The steps of a training are the
 * same graphs as those of the onnx backend, computed by core operations; weights have the same names and layouts, so that snapshots
 * and ONNX files go from one to the other. It needs nothing of Node.
 *
 * @example
 * await tf.setBackend('wasm');
 * const backend = tfjsBackend({ tf });
 */
export function tfjsBackend({ tf, limits }: TfjsBackendOptions): Backend {
  const ready = async (): Promise<void> => {
    await tf.ready();
  };
  const device = tf.getBackend() ?? '';
  return {
    name: 'tfjs',
    capabilities: {
      train: true,
      predict: true,
      dtypes: ['float32', 'int64', 'int32', 'bool'],
      devices: [device === '' ? 'cpu' : device],
      deterministic: exactBackends.includes(device),
    },
    async load(given, how): Promise<Predictor> {
      const { model, signal } = readLoad(given, how);
      checkAborted(signal, loadAborted);
      await ready();
      const { graph } = checkModel(model, limits);
      const constants = new Set(graph.initializers.map(({ name }) => name));
      const inputs = graph.inputs.filter(({ name }) => !constants.has(name)).map(infoOf);
      const outputs = graph.outputs.map(infoOf);
      checkAborted(signal, loadAborted);
      const session = new GraphSession(tf, model, false);
      return new TfjsPredictor(session, inputs, outputs);
    },
    async compile(network, training, how) {
      await ready();
      const host = { openSession: async (model: Uint8Array) => new GraphSession(tf, model, true) };
      return compileNetwork(network, training, host, how);
    },
  };
}

class TfjsPredictor implements Predictor {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #session: GraphSession;
  #isOpen = true;

  constructor(session: GraphSession, inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]) {
    this.#session = session;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  async predict(tensors: Tensors, how?: CallOptions): Promise<Tensors> {
    const options = readOptions(how);
    if (!this.#isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
    if (options.signal?.aborted) {
      throw new TrainerError(
        'PREDICT_FAILED',
        'The prediction was aborted through its signal; nothing was kept of it.',
        { cause: options.signal.reason },
      );
    }
    const given = readInputs(tensors);
    checkTensors(this.inputs, given);
    return this.#session.run(given);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#session[Symbol.asyncDispose]();
  }
}
