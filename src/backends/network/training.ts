import { TrainerError } from '../../core/errors.ts';
import { printed } from '../printed.ts';
import { type Loss, type LossPlaces, placesOf } from './loss.ts';
import { checkOptimiser, type Optimiser } from './optimiser.ts';
import type { ParameterGroup } from './parameter-group.ts';
import type { ResolvedNetwork } from './resolve-network.ts';
import { checkSchedule, type Schedule } from './schedule.ts';
import { within } from './within.ts';

/** How a network is trained. */
export interface Training {
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** @default constant */
  readonly schedule?: Schedule;
  /** Gradients are scaled down to this norm over all of them, where they exceed it. @default no limit */
  readonly clipNorm?: number;
  /** Which parameters decay: matrices alone, or all. @default 'matrices' */
  readonly decay?: 'matrices' | 'all';
  /** Parameters that are trained otherwise than the rest, or stay as they are. @default none */
  readonly groups?: readonly ParameterGroup[];
  /**
   * Parts that each batch is worked out in, one after another, before the weights change: less memory, the same step.
   * Batch normalisation and the contrastive loss see one part at a time. @default 1
   */
  readonly accumulate?: number;
  /**
   * Keeps a moving average of the weights beside them (Polyak and Juditsky, 1992), which keeps this share of itself in
   * each step; `evaluate` and `toModel` take it where they are told to. @default none is kept
   */
  readonly averageDecay?: number;
  /** Worked out in each step beside the loss: the share of right answers, of a loss on classes. @default none */
  readonly metrics?: readonly Metric[];
  /** Of the weights at the start and of dropout. @default 0 */
  readonly seed?: number | string;
  /** Threads of one operator. @default 2 */
  readonly threads?: number;
  /** Bytes that parameters and one step may take, as estimated before. @default what the system has free */
  readonly memoryLimitBytes?: number;
  /**
   * What happens where the loss is NaN or infinite: TRAIN_DIVERGED, or back to where this call of `steps` began, with half the
   * learning rate; after `mostRetreats` of those in one call TRAIN_DIVERGED as well. @default 'error'
   */
  readonly onDivergence?: 'error' | 'retreat';
}

/** How often one call of `steps` may retreat. */
export const mostRetreats = 8;

/** A measure that is worked out beside the loss. */
export type Metric = 'accuracy';

/** The loss of a training with its places filled in. */
export interface ResolvedLoss extends LossPlaces {
  readonly loss: Loss;
}

/** Losses whose outputs are right or wrong. */
const judgesClasses: readonly Loss['kind'][] = ['cross-entropy', 'binary-cross-entropy', 'distillation'];

function fail(message: string): never {
  throw new TrainerError('REQUEST_INVALID', message);
}

/**
 * Checks how a network is to be trained.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function resolveTraining(network: ResolvedNetwork, training: Training): ResolvedLoss {
  if (typeof training !== 'object' || training === null) {
    fail('Expected the training to be an object with at least a loss and an optimiser.');
  }
  checkOptimiser(training.optimiser);
  if (training.schedule !== undefined) checkSchedule(training.schedule);
  const { clipNorm, threads = 2, accumulate = 1, averageDecay = 0, metrics = [], loss } = training;
  if (clipNorm !== undefined && !within(clipNorm, Number.MIN_VALUE, Number.MAX_VALUE)) {
    fail(`Expected clipNorm to be above 0, got ${printed(clipNorm)}.`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    fail(`Expected threads to be an integer from 1 to 1024, got ${printed(threads)}.`);
  }
  const { onDivergence = 'error', memoryLimitBytes } = training;
  if (memoryLimitBytes !== undefined && !within(memoryLimitBytes, Number.MIN_VALUE, Number.POSITIVE_INFINITY)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected memoryLimitBytes to be above 0, got ${printed(memoryLimitBytes)}.`,
    );
  }
  if (onDivergence !== 'error' && onDivergence !== 'retreat') {
    fail(`Expected onDivergence to be error or retreat, got ${JSON.stringify(onDivergence)}.`);
  }
  if (!Number.isInteger(accumulate) || accumulate < 1 || accumulate > 64) {
    fail(`Expected accumulate to be an integer from 1 to 64, got ${printed(accumulate)}.`);
  }
  if (!within(averageDecay, 0, 1) || averageDecay === 1) {
    fail(`Expected averageDecay to be a number from 0 and below 1, got ${printed(averageDecay)}.`);
  }
  const { seed = 0, decay = 'matrices' } = training;
  if (typeof seed !== 'number' && typeof seed !== 'string') {
    fail(`Expected the seed to be a number or a text, got ${printed(seed)}.`);
  }
  if (decay !== 'matrices' && decay !== 'all') {
    fail(`Expected decay to be matrices or all, got ${printed(decay)}.`);
  }
  const places = placesOf(loss, network.outputs);
  if (!Array.isArray(metrics)) fail(`Expected metrics to be a list of "accuracy", got ${printed(metrics)}.`);
  for (const metric of metrics) {
    if (metric !== 'accuracy') fail(`Expected metrics to be a list of "accuracy", got ${JSON.stringify(metric)}.`);
    const isJudged = judgesClasses.includes(loss.kind) && !(loss.kind === 'distillation' && loss.teacherWeight === 1);
    if (!isJudged) fail(`The metric "accuracy" needs a loss on classes, got ${loss.kind}.`);
  }
  return { loss, ...places };
}
