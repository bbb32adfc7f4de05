import type { Tensor, TrainableNetwork, TrainingData, TrainingSnapshot } from '../../../backends/backend.ts';
import { createRandom } from '../../../core/helpers/random.ts';
import type { FitCheckpoint } from '../learner.ts';
import { decodeProgress, encodeProgress, type Progress } from './progress.ts';

/** How a network is trained. */
export interface TrainOptions {
  readonly epochs: number;
  /** Epochs without an improvement on the held rows after which training ends. */
  readonly patience: number;
  readonly batch: number;
  readonly seed: string;
  /** Counted operations of one step. */
  readonly operationsPerStep: number;
  readonly signal?: AbortSignal | undefined;
  readonly checkpoint?: FitCheckpoint | undefined;
  readonly progress?: ((share: number) => void) | undefined;
}

/** What a training ends with. */
export interface Trained {
  /** Averaged parameters as of the best epoch, or of the last where no rows were held. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Epochs up to the best, and all that were made. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Loss on the held rows at the best epoch. */
  readonly heldLoss?: number;
  /** How often the learning rate was halved because the loss diverged. */
  readonly retreats: number;
}

/** Counted operations between checkpoints: about half a second. */
const checkpointOperations = 5e8;

/** The least weight of a new epoch in the average. */
const leastShare = 0.3;

/** The order of the rows in an epoch: a function of seed and epoch alone, so that a checkpoint needs no random state. */
function batchesOf(rowCount: number, epoch: number, { batch, seed }: TrainOptions): Int32Array[] {
  const order = createRandom(`${seed}/order/${epoch}`).shuffle(Int32Array.from({ length: rowCount }, (_, row) => row));
  const size = Math.min(batch, rowCount);
  // What is left over waits for another epoch: one batch size is one compiled graph.
  return Array.from({ length: Math.floor(rowCount / size) }, (_, i) => order.slice(i * size, (i + 1) * size));
}

/**
 * Trains in epochs of shuffled batches, and averages the weights after each epoch with those before (Polyak and Juditsky, 1992), which
 * does for a constant learning rate what letting it fall would do. With held rows it ends where the loss of the average on them has not
 * improved for `patience` epochs, and gives back the best epoch's. Goes on from the checkpoint where there is one, with the same end bit for bit.
 *
 * @throws {TrainerError} TRAIN_DIVERGED, RUN_ABORTED
 */
export async function trainNetwork(
  network: TrainableNetwork,
  data: TrainingData,
  rowCount: number,
  held: TrainingData | undefined,
  options: TrainOptions,
): Promise<Trained> {
  const { epochs, patience, checkpoint } = options;
  const abort = options.signal === undefined ? {} : { signal: options.signal };
  const stored = await checkpoint?.load();
  let now: Progress = (stored === undefined ? undefined : decodeProgress(stored)) ?? {
    epoch: 0,
    batch: 0,
    waited: 0,
    retreats: 0,
    isOver: false,
  };
  if (now.snapshot !== undefined) await network.restore(now.snapshot, abort);
  const perCall = Math.max(
    1,
    Math.ceil((checkpoint?.everyOperations ?? checkpointOperations) / options.operationsPerStep),
  );
  let unsaved = 0;
  const save = async (isOver: boolean): Promise<void> => {
    if (checkpoint === undefined || (!isOver && unsaved < perCall)) return;
    unsaved = 0;
    now = { ...now, isOver, snapshot: await network.snapshot(abort) };
    await checkpoint.save(encodeProgress(now));
  };
  while (!now.isOver && now.epoch < epochs && now.waited < patience) {
    const batches = batchesOf(rowCount, now.epoch, options);
    while (now.batch < batches.length) {
      const part = batches.slice(now.batch, now.batch + perCall);
      await network.steps(data, part, {
        ...abort,
        onRetreat: () => {
          now = { ...now, retreats: now.retreats + 1 };
        },
      });
      unsaved += part.length;
      now = { ...now, batch: now.batch + part.length };
      options.progress?.((now.epoch + now.batch / batches.length) / epochs);
      if (now.batch < batches.length) await save(false);
    }
    now = { ...now, epoch: now.epoch + 1, batch: 0 };
    const snapshot = await network.snapshot(abort);
    const average = blend(now.average, parametersOf(snapshot), Math.max(leastShare, 1 / now.epoch));
    now = { ...now, average };
    if (held !== undefined) {
      await network.restore({ ...snapshot, state: { ...snapshot.state, ...average } }, abort);
      const { loss } = await network.evaluate(held, { outputs: false, ...abort });
      await network.restore(snapshot, abort);
      const isBetter = now.best === undefined || loss < now.best.loss;
      now = isBetter
        ? { ...now, waited: 0, best: { epoch: now.epoch, loss, state: average } }
        : { ...now, waited: now.waited + 1 };
    }
    await save(false);
  }
  if (!now.isOver) await save(true);
  return {
    state: now.best?.state ?? now.average!,
    bestEpoch: now.best?.epoch ?? now.epoch,
    epochs: now.epoch,
    ...(now.best === undefined ? {} : { heldLoss: now.best.loss }),
    retreats: now.retreats,
  };
}

/** The parameters of a snapshot without the optimiser's memory of them. */
function parametersOf({ state }: TrainingSnapshot): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !key.includes('#')));
}

/** (1 − share) · before + share · now. */
function blend(
  before: Readonly<Record<string, Tensor>> | undefined,
  now: Readonly<Record<string, Tensor>>,
  share: number,
): Readonly<Record<string, Tensor>> {
  if (before === undefined) return now;
  return Object.fromEntries(
    Object.entries(now).map(([key, tensor]): [string, Tensor] => {
      const old = before[key]!.data as Float32Array;
      const data = (tensor.data as Float32Array).map((value, i) => (1 - share) * old[i]! + share * value);
      return [key, { dtype: 'float32', shape: tensor.shape, data }];
    }),
  );
}
