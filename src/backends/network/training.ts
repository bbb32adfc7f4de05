import { TrainerError } from '../../core/errors.ts';
import type { Signature } from './layer-definition.ts';
import { type Loss, targetsOf } from './loss.ts';
import { checkOptimiser, type Optimiser } from './optimiser.ts';
import type { ResolvedNetwork } from './resolve-network.ts';
import { checkSchedule, type Schedule } from './schedule.ts';

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
  /** Of the weights at the start and of dropout. @default 0 */
  readonly seed?: number | string;
  /** Threads of one operator. @default 2 */
  readonly threads?: number;
  /**
   * What happens where the loss is NaN or infinite: TRAIN_DIVERGED, or back to where this call of `steps` began, with half the
   * learning rate; after {@link mostRetreats} of those in one call TRAIN_DIVERGED as well. @default 'error'
   */
  readonly onDivergence?: 'error' | 'retreat';
}

/** How often one call of `steps` may retreat. */
export const mostRetreats = 8;

/** The loss of a training with its places filled in. */
export interface ResolvedLoss {
  readonly loss: Loss;
  /** Name of the output that it judges. */
  readonly output: string;
  /** Name of the target; undefined where the data's only one is meant. */
  readonly target: string | undefined;
  /** What the target may be. */
  readonly targets: readonly Signature[];
}

/**
 * Checks how a network is to be trained.
 *
 * @throws {TrainerError} REQUEST_INVALID
 */
export function resolveTraining(network: ResolvedNetwork, training: Training): ResolvedLoss {
  checkOptimiser(training.optimiser);
  if (training.schedule !== undefined) checkSchedule(training.schedule);
  const { clipNorm, threads = 2, loss } = training;
  if (clipNorm !== undefined && !(clipNorm > 0 && Number.isFinite(clipNorm))) {
    throw new TrainerError('REQUEST_INVALID', `Expected clipNorm to be above 0, got ${clipNorm}.`);
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new TrainerError('REQUEST_INVALID', `Expected threads to be an integer from 1 to 1024, got ${threads}.`);
  }
  const { onDivergence = 'error' } = training;
  if (onDivergence !== 'error' && onDivergence !== 'retreat') {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected onDivergence to be error or retreat, got ${JSON.stringify(onDivergence)}.`,
    );
  }
  const outputs = Object.keys(network.outputs);
  const output = loss?.output ?? (outputs.length === 1 ? outputs[0] : undefined);
  const signature = output === undefined ? undefined : network.outputs[output];
  if (output === undefined || signature === undefined) {
    const names = outputs.map((name) => `"${name}"`).join(', ');
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the loss to name one of the outputs ${names}, got ${JSON.stringify(output) ?? 'none'}.`,
    );
  }
  return { loss, output, target: loss.target, targets: targetsOf(loss, signature) };
}
