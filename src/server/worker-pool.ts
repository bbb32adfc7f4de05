import type { Predictor, TensorInfo, Tensors } from '../backends/backend.ts';
import { TrainerError } from '../core/errors.ts';

/** Starts one worker; `onEnd` is called when its process has ended by itself. */
export type StartWorker = (onEnd: () => void) => Promise<Predictor>;

/** What predicts. */
export interface WorkerPool extends AsyncDisposable {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Whether a worker could take a batch now. */
  readonly hasIdle: boolean;
  /** Whether batches are answered now, or soon. */
  readonly isReady: boolean;
  /** Workers whose process is up. */
  readonly up: number;
  /** Processes, up or not; none where the service predicts itself. */
  readonly size: number;
  /** Has an idle worker predict. Must not be called where none is idle. @throws {TrainerError} PREDICT_FAILED */
  run(tensors: Tensors, rows: number): Promise<Tensors>;
  /** Calls back whenever a worker has become idle. */
  onIdle(callback: () => void): void;
}

interface Slot {
  readonly predictor: Predictor;
  isBusy: boolean;
  isUp: boolean;
}

/** Between attempts to bring a process up that does not stay up. */
const waitMs = { first: 50, most: 5_000 } as const;

/** Predictions of one row before a worker counts as up; some tens of milliseconds. */
const warmUpRuns = 300;

/**
 * Keeps `count` workers, each with one batch at a time, so that a process that crashes takes one batch with it. A process
 * that ended is started again at once, not when the next batch comes.
 *
 * @param probe - tensors of one row, with which a new process shows that it works
 * @throws {TrainerError} what starting a worker throws
 */
export async function createWorkerPool(options: {
  readonly count: number;
  readonly start: StartWorker;
  readonly probe: Tensors;
}): Promise<WorkerPool> {
  const { count, start, probe } = options;
  let isOpen = true;
  let idleCallback: () => void = () => undefined;
  const slots: Slot[] = [];

  const bringUp = async (slot: Slot): Promise<void> => {
    for (let wait: number = waitMs.first; isOpen; wait = Math.min(waitMs.most, 2 * wait)) {
      try {
        await slot.predictor.predict(probe);
        slot.isUp = true;
        if (isOpen && !slot.isBusy) idleCallback();
        return;
      } catch {
        // It is tried again for as long as the service lives; that no worker is up is what /readyz tells.
        await new Promise<void>((resolve) => setTimeout(resolve, wait).unref());
      }
    }
  };

  const open = async (): Promise<void> => {
    let slot: Slot | undefined;
    const predictor = await start(() => {
      if (slot === undefined || !slot.isUp || !isOpen) return;
      slot.isUp = false;
      void bringUp(slot);
    });
    slot = { predictor, isBusy: false, isUp: true };
    slots.push(slot);
    // What runs for the first hundreds of times is interpreted; the first requests should not pay for that.
    for (let i = 0; i < warmUpRuns; i++) await predictor.predict(probe);
  };
  const close = async (): Promise<void> => {
    isOpen = false;
    await Promise.all(slots.map(({ predictor }) => predictor[Symbol.asyncDispose]()));
  };
  const opened = await Promise.allSettled(Array.from({ length: count }, open));
  const failure = opened.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    await close();
    throw failure.reason;
  }
  const { inputs, outputs } = slots[0]!.predictor;
  return {
    inputs,
    outputs,
    size: count,
    get hasIdle() {
      for (const slot of slots) if (slot.isUp && !slot.isBusy) return true;
      return false;
    },
    get isReady() {
      return slots.some(({ isUp }) => isUp);
    },
    get up() {
      let up = 0;
      for (const slot of slots) if (slot.isUp) up++;
      return up;
    },
    onIdle(callback) {
      idleCallback = callback;
    },
    async run(tensors) {
      const slot = slots.find(({ isUp, isBusy }) => isUp && !isBusy);
      if (slot === undefined) throw new TrainerError('INTERNAL', 'A batch was given to a pool without an idle worker.');
      slot.isBusy = true;
      try {
        return await slot.predictor.predict(tensors);
      } finally {
        slot.isBusy = false;
        if (slot.isUp) queueMicrotask(() => idleCallback());
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
