import { TrainerError } from '../../core/errors.ts';
import type { Predictor } from '../backend.ts';
import { checkAborted, loadAborted, readInputs, readOptions } from '../given.ts';
import { type PredictChild, startPredictChild } from './child-process.ts';
import type { DeviceName } from './device-runtime.ts';
import type { FromChild, ToChild } from './frames.ts';
import { checkTensors } from './tensors.ts';

function failed(reply: FromChild): TrainerError {
  return reply.type === 'failed'
    ? new TrainerError(reply.code, reply.message)
    : new TrainerError('INTERNAL', `The process that predicts gave the wrong answer, "${reply.type}".`);
}

/** How a child predicts. */
interface ChildOptions {
  readonly threads: number;
  readonly device: DeviceName;
  readonly onEnd?: (() => void) | undefined;
}

/** What a started child declared. */
interface Session {
  readonly child: PredictChild;
  readonly loaded: Extract<FromChild, { type: 'loaded' }>;
}

async function open(
  model: Uint8Array,
  { threads, device, onEnd }: ChildOptions,
  signal?: AbortSignal,
): Promise<Session> {
  const child = startPredictChild(undefined, onEnd);
  try {
    const loaded = await child.send({ type: 'load', model, threads, device }, signal);
    if (loaded.type !== 'loaded') throw failed(loaded);
    return { child, loaded };
  } catch (error) {
    child.kill();
    throw error;
  }
}

function aborted(signal: AbortSignal): TrainerError {
  return new TrainerError('PREDICT_FAILED', 'The prediction was aborted through its signal; nothing was kept of it.', {
    cause: signal.reason,
  });
}

function checkPrediction(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

/** Rejects as soon as the signal aborts, also while the call waits for its turn. */
function untilAborted<T>(turn: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return turn;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(aborted(signal));
    signal.addEventListener('abort', abort, { once: true });
    turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * Predicts in a process of its own. Calls run one after another; a process that was killed or crashed fails its call
 * with PREDICT_FAILED, and the next call starts another.
 */
export async function createChildPredictor(
  model: Uint8Array,
  options: ChildOptions,
  signal?: AbortSignal,
): Promise<Predictor> {
  checkAborted(signal, loadAborted);
  // Kept for later processes, so it must not change with the caller's array.
  const bytes = model.slice();
  const first = await open(bytes, options, signal).catch((error: unknown) => {
    checkAborted(signal, loadAborted);
    throw error;
  });
  const { inputs, outputs } = first.loaded;
  let session: Session | undefined = first;
  let isOpen = true;
  let last: Promise<unknown> = Promise.resolve();

  const ask = async (message: ToChild, signal: AbortSignal | undefined): Promise<FromChild> => {
    checkPrediction(signal);
    if (!isOpen) throw new TrainerError('PREDICT_FAILED', 'The model was disposed of; load it again.');
    if (session === undefined || !session.child.isAlive()) session = await open(bytes, options, signal);
    return session.child.send(message, signal);
  };
  const inTurn = (message: ToChild, signal?: AbortSignal): Promise<FromChild> => {
    const turn = last.then(() => ask(message, signal));
    // A failed call must not fail the one after it.
    last = turn.catch(() => undefined);
    return untilAborted(turn, signal);
  };

  return {
    inputs,
    outputs,
    async predict(tensors, how) {
      const options = readOptions(how);
      checkPrediction(options.signal);
      const given = readInputs(tensors);
      checkTensors(inputs, given);
      const reply = await inTurn({ type: 'predict', tensors: given }, options.signal);
      if (reply.type !== 'predicted') throw failed(reply);
      return reply.tensors;
    },
    async memoryBytes() {
      const reply = await inTurn({ type: 'measure' });
      if (reply.type !== 'measured') throw failed(reply);
      return reply.memoryBytes;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      session?.child.kill();
      session = undefined;
    },
  };
}
