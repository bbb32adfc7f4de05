import { TrainerError } from '../../core/errors.ts';
import type { Backend, BackendCapabilities, CallOptions, Predictor, TensorInfo, Tensors } from '../backend.ts';
import { checkAborted, loadAborted, readInputs, readLoad, readOptions } from '../given.ts';
import { copySpec } from '../network/copy-spec.ts';
import { checkTensors } from '../onnx/tensors.ts';
import { Connection, type RemoteBackendOptions } from './connection.ts';
import { RemoteNetwork, sendBlob } from './remote-network.ts';

/**
 * A backend whose networks and models are computed by a worker: `traineragent worker`, or `startWorker`. Steps stream back as they are
 * made; a cut connection is made anew and goes on where it was; a worker that was lost and is there again gets the network back from the
 * last checkpoint. Data are sent once, under their hash.
 *
 * @throws {TrainerError} FORMAT_VERSION where the worker speaks another protocol, RUN_CHILD_FAILED where it can not be reached
 */
export async function remoteBackend(options: RemoteBackendOptions): Promise<Backend> {
  const connection = new Connection(options);
  const { json } = await connection.ask('GET', 'worker');
  const { capabilities } = json as { readonly capabilities: BackendCapabilities };
  const { fetch: own, ...sent } = options;
  return {
    name: 'remote',
    // A function can't be sent to another process: with one, the backend works where it was made.
    ...(own === undefined ? { origin: { module: 'traineragent/remote', options: sent } } : {}),
    capabilities: { ...capabilities, dtypes: capabilities.dtypes.filter((dtype) => dtype !== 'string') },
    async load(given, how) {
      const { model, threads, signal } = readLoad(given, how);
      checkAborted(signal, loadAborted);
      const path = `objects/${crypto.randomUUID()}`;
      try {
        const blob = await sendBlob(connection, model, signal);
        const load = threads === undefined ? {} : { threads };
        const json = { kind: 'model', model: blob, options: load };
        const made = await connection.ask('PUT', path, { json }, signal);
        return new RemotePredictor(connection, path, made.json as Pick<Predictor, 'inputs' | 'outputs'>);
      } catch (error) {
        // The worker may be at it still: it sets free what it then has.
        if (signal?.aborted) void connection.dismiss(path);
        checkAborted(signal, loadAborted);
        throw error;
      }
    },
    async compile(network, training, how) {
      const { signal } = readOptions(how);
      const made = new RemoteNetwork(connection, copySpec(network, 'network'), copySpec(training, 'training'));
      await made.compile(signal);
      return made;
    },
  };
}

class RemotePredictor implements Predictor {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly #connection: Connection;
  readonly #path: string;
  #calls = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  constructor(connection: Connection, path: string, { inputs, outputs }: Pick<Predictor, 'inputs' | 'outputs'>) {
    this.#connection = connection;
    this.#path = path;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  async predict(given: Tensors, how?: CallOptions): Promise<Tensors> {
    const { signal } = readOptions(how);
    if (!this.#isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
    const aborted = () =>
      new TrainerError('PREDICT_FAILED', 'The prediction was aborted through its signal; nothing was kept of it.', {
        cause: signal?.reason,
      });
    if (signal?.aborted) throw aborted();
    const tensors = readInputs(given);
    checkTensors(this.inputs, tensors);
    const done = this.#tail.then(async () => {
      if (signal?.aborted) throw aborted();
      const path = `${this.#path}/calls/${++this.#calls}`;
      const cancel = (): void => void this.#connection.dismiss(path);
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        const message = { json: { method: 'predict' }, tensors };
        const refused = (): void => void this.#calls--;
        return (await this.#connection.stream(path, message, () => {}, undefined, refused)).tensors;
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    });
    this.#tail = done.catch(() => {}); // the caller has the error
    if (signal === undefined) return done;
    let onAbort: (() => void) | undefined;
    // The next call waits for the end of this one; its caller does not.
    const early = new Promise<never>((_, reject) => {
      onAbort = () => reject(aborted());
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return Promise.race([done, early]).finally(() => signal.removeEventListener('abort', onAbort!));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#tail;
    await this.#connection.dismiss(this.#path);
  }
}
