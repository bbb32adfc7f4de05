import { TrainerError } from '../../core/errors.ts';
import type { Predictor, TrainableNetwork, TrainingData } from '../backend.ts';
import { frame, type Message } from './message.ts';
import { type CallRequest, callModel, callNetwork } from './worker-call.ts';

/** A call that runs or has ended: what it said so far, and who listens. */
interface Call {
  readonly number: number;
  readonly frames: Uint8Array[];
  /** Where the last checkpoint is among them. */
  checkpoint: number | undefined;
  readonly abort: AbortController;
  readonly listeners: Set<() => void>;
  isOver: boolean;
}

/** Stands where a checkpoint was: messages are counted by both sides, and one checkpoint is as large as the network. */
const outdated = frame({ json: { type: 'outdated' } });

/** What one error is on the wire. */
export function errorMessage(error: unknown): Message {
  const own = TrainerError.isInstance(error)
    ? error
    : new TrainerError('INTERNAL', `The worker failed: ${error instanceof Error ? error.message : error}`);
  return { json: { type: 'error', code: own.code, message: own.message, details: own.details } };
}

/**
 * A network or a model that a worker holds for a client. Calls are numbered: the same number again is the same call, whose messages are
 * sent from wherever the client lost them, and never a second one.
 */
export class WorkerObject implements AsyncDisposable {
  readonly kind: 'network' | 'model';
  lastUsed: number;
  readonly #held: TrainableNetwork | Predictor;
  #call: Call | undefined;

  constructor(held: TrainableNetwork | Predictor, now: number) {
    this.kind = 'steps' in held ? 'network' : 'model';
    this.#held = held;
    this.lastUsed = now;
  }

  /** Whether a call runs: then it is not idle, however long ago the call came. */
  get isBusy(): boolean {
    return this.#call?.isOver === false;
  }

  /** What a model takes and gives. */
  get infos(): Partial<Pick<Predictor, 'inputs' | 'outputs'>> {
    if (!('inputs' in this.#held)) return {};
    const { inputs, outputs } = this.#held;
    return { inputs, outputs };
  }

  /**
   * Starts a call, or finds the one of this number.
   *
   * @throws {TrainerError} REQUEST_INVALID where the number is neither the last one nor the next
   */
  start(number: number, request: CallRequest, tensors: Message['tensors'], data: TrainingData | undefined): void {
    const last = this.#call?.number ?? 0;
    if (this.#call !== undefined && number === last) return;
    if (number !== last + 1) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected the call ${last} again or ${last + 1}, got ${number}. Use a network or model from one place only.`,
      );
    }
    if (this.#call !== undefined && !this.#call.isOver) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected the call ${last} to end before the next one, got the next one. Wait for its end.`,
      );
    }
    const call: Call = {
      number,
      frames: [],
      checkpoint: undefined,
      abort: new AbortController(),
      listeners: new Set(),
      isOver: false,
    };
    this.#call = call;
    const emit = (message: Message): void => {
      if ((message.json as { readonly type: string }).type === 'checkpoint') {
        // Whoever has not read the one before it needs this one alone.
        if (call.checkpoint !== undefined) call.frames[call.checkpoint] = outdated;
        call.checkpoint = call.frames.length;
      }
      call.frames.push(frame(message));
      for (const listener of call.listeners) listener();
    };
    const context = { request, tensors: tensors ?? {}, data, signal: call.abort.signal, emit };
    const work =
      this.kind === 'network'
        ? callNetwork(this.#held as TrainableNetwork, context)
        : callModel(this.#held as Predictor, context);
    void work.then(
      (result) => {
        call.isOver = true;
        emit(result);
      },
      (error: unknown) => {
        call.isOver = true;
        emit(errorMessage(error));
      },
    );
  }

  /** The messages of the running or last call from one on, as they come; the last is its result or its error. */
  async *listen(from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const call = this.#call!;
    for (let at = from; ; ) {
      while (at < call.frames.length) yield call.frames[at++]!;
      if (call.isOver || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          call.listeners.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        call.listeners.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  /** Ends the call of this number. */
  cancel(number: number): void {
    if (this.#call?.number === number) this.#call.abort.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#call?.abort.abort();
    await this.#held[Symbol.asyncDispose]();
  }
}
