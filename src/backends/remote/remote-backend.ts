import { TrainerError } from '../../core/errors.ts';
import type { Backend, BackendCapabilities, Predictor, TensorInfo, Tensors } from '../backend.ts';
import { copySpec } from '../network/copy-spec.ts';
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
    async load(model, { threads }) {
      const blob = await sendBlob(connection, model);
      const path = `objects/${crypto.randomUUID()}`;
      const load = threads === undefined ? {} : { threads };
      const made = await connection.ask('PUT', path, { json: { kind: 'model', model: blob, options: load } });
      return new RemotePredictor(connection, path, made.json as Pick<Predictor, 'inputs' | 'outputs'>);
    },
    async compile(network, training) {
      const made = new RemoteNetwork(connection, copySpec(network, 'network'), copySpec(training, 'training'));
      await made.open();
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

  async predict(tensors: Tensors, options: { readonly signal?: AbortSignal } = {}): Promise<Tensors> {
    if (!this.#isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
    const { signal } = options;
    const aborted = () =>
      new TrainerError('PREDICT_FAILED', 'The prediction was aborted through its signal; nothing was kept of it.', {
        cause: signal?.reason,
      });
    const done = this.#tail.then(async () => {
      if (signal?.aborted) throw aborted();
      const path = `${this.#path}/calls/${++this.#calls}`;
      return (await this.#connection.stream(path, { json: { method: 'predict' }, tensors }, () => {})).tensors;
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
