import { TrainerError } from '../../core/errors.ts';
import { printed } from '../printed.ts';

/** Stochastic gradient descent, as PyTorch's `SGD`. */
export interface SgdOptimiser {
  readonly kind: 'sgd';
  readonly learningRate: number;
  /** @default 0 */
  readonly momentum?: number;
  /** Nesterov's form of the momentum. @default false */
  readonly nesterov?: boolean;
  /** Added to the gradient, times the weight. @default 0 */
  readonly weightDecay?: number;
}

/** Adam (Kingma and Ba, 2015), as PyTorch's. */
export interface AdamOptimiser {
  readonly kind: 'adam';
  readonly learningRate: number;
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
}

/** Adam with decay of the weights apart from the gradient (Loshchilov and Hutter, 2019). */
export interface AdamWOptimiser extends Omit<AdamOptimiser, 'kind'> {
  readonly kind: 'adamw';
  /** @default 0.01 */
  readonly weightDecay?: number;
}

/** How gradients change weights. Decay applies to matrices alone, unless the training says otherwise. */
export type Optimiser = SgdOptimiser | AdamOptimiser | AdamWOptimiser;

/** @throws {TrainerError} REQUEST_INVALID unless a learning rate is above 0 (or 0, to hold still) and finite. */
export function checkLearningRate(rate: number): void {
  // It is a float32 in the graph, where 1e39 is infinite.
  if (typeof rate !== 'number' || !(rate >= 0) || !Number.isFinite(Math.fround(rate))) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the learning rate to be a finite number (of 32 bits) from 0, got ${printed(rate)}.`,
    );
  }
}

/** @throws {TrainerError} REQUEST_INVALID where an optimiser is not valid. */
export function checkOptimiser(optimiser: Optimiser): void {
  const kinds: readonly Optimiser['kind'][] = ['sgd', 'adam', 'adamw'];
  if (!kinds.includes(optimiser?.kind)) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the optimiser to be one of ${kinds.join(', ')}, got ${JSON.stringify(optimiser?.kind)}.`,
    );
  }
  checkLearningRate(optimiser.learningRate);
  const bounds = { momentum: [0, 1], beta1: [0, 1], beta2: [0, 1], epsilon: [0, 1], weightDecay: [0, 1e6] } as const;
  for (const [name, [from, below]] of Object.entries(bounds)) {
    const value = (optimiser as unknown as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && !(typeof value === 'number' && value >= from && value < below)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${name} of the optimiser to be a number from ${from} and below ${below}, got ${printed(value)}.`,
      );
    }
  }
}
