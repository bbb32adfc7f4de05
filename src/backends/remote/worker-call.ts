import { TrainerError } from '../../core/errors.ts';
import type { Predictor, Tensors, TrainableNetwork, TrainingData, TrainingSnapshot } from '../backend.ts';
import { decodeBatches, type Message } from './message.ts';

/** What a call of a worker may be, beside its tensors. */
export interface CallRequest {
  readonly method: string;
  /** The hash of the data, where it takes such. */
  readonly data?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Steps after which a checkpoint is sent back; 0 for none. */
  readonly checkpointEvery?: number;
}

/** What a call is worked out with. */
interface CallContext {
  readonly request: CallRequest;
  readonly tensors: Tensors;
  readonly data: TrainingData | undefined;
  readonly signal: AbortSignal;
  emit(message: Message): void;
}

const plain = (data: Float32Array) => ({ dtype: 'float32' as const, shape: [data.length], data: data.slice() });

function needed(data: TrainingData | undefined): TrainingData {
  if (data === undefined)
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected the call to name its data, got none. Install the same version of traineragent on both sides.',
    );
  return data;
}

const snapshotMessage = (type: string, { state, ...rest }: TrainingSnapshot): Message => ({
  json: { type, snapshot: rest },
  tensors: state,
});

/** Makes steps, with a checkpoint after each so many of them. */
async function steps(network: TrainableNetwork, context: CallContext): Promise<Message> {
  const { request, tensors, signal, emit } = context;
  const batches = decodeBatches(tensors);
  const every = request.checkpointEvery ?? 0;
  const size = every > 0 ? every : Math.max(1, batches.length);
  let at = 0;
  do {
    await network.steps(needed(context.data), batches.slice(at, at + size), {
      signal,
      onSteps(step, losses, metrics = {}) {
        const named = Object.entries(metrics).map(([name, values]) => [`metric/${name}`, plain(values)] as const);
        emit({ json: { type: 'steps', step }, tensors: { losses: plain(losses), ...Object.fromEntries(named) } });
      },
      onRetreat: (retreat) => emit({ json: { type: 'retreat', ...retreat } }),
    });
    at += size;
    if (every > 0) emit(snapshotMessage('checkpoint', await network.snapshot()));
  } while (at < batches.length);
  return { json: { type: 'result', step: network.step } };
}

/** Does one call of a network. @throws {TrainerError} */
export async function callNetwork(network: TrainableNetwork, context: CallContext): Promise<Message> {
  const { request, tensors, signal } = context;
  const { options = {} } = request;
  switch (request.method) {
    case 'steps':
      return steps(network, context);
    case 'evaluate': {
      const { outputs, ...rest } = await network.evaluate(needed(context.data), { ...options, signal });
      return { json: { type: 'result', ...rest }, tensors: outputs };
    }
    case 'snapshot':
      return snapshotMessage('result', await network.snapshot({ signal }));
    case 'restore':
      await network.restore({ ...options, state: tensors } as unknown as TrainingSnapshot, { signal });
      return { json: { type: 'result', step: network.step } };
    case 'setLearningRate':
      network.setLearningRate(options.rate as number);
      return { json: { type: 'result' } };
    case 'toModel': {
      const data = await network.toModel({ ...options, signal });
      return { json: { type: 'result' }, tensors: { model: { dtype: 'uint8', shape: [data.length], data } } };
    }
    default:
      throw new TrainerError(
        'REQUEST_INVALID',
        'The worker does not know this call. Install the same version of traineragent on both sides.',
      );
  }
}

/** Does one call of a model. @throws {TrainerError} */
export async function callModel(model: Predictor, { request, tensors, signal }: CallContext): Promise<Message> {
  if (request.method !== 'predict')
    throw new TrainerError(
      'REQUEST_INVALID',
      'The worker does not know this call. Install the same version of traineragent on both sides.',
    );
  return { json: { type: 'result' }, tensors: await model.predict(tensors, { signal }) };
}
