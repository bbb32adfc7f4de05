import type { Tensors } from '../../backend.ts';

/** A model of ours that is ready to run. Tensors are plain; what a runtime makes of them stays inside. */
export interface TrainingSession extends AsyncDisposable {
  /** Whether each run copies all that it is fed, so that it should be no more than is needed. @default false */
  readonly copiesFeeds?: boolean;
  run(feeds: Tensors): Promise<Tensors>;
}

/** How a session is to work. */
export interface SessionOptions {
  /** Whether it takes as little memory as it can, and somewhat longer. @default false */
  readonly isFrugal?: boolean;
  /** Whether what constants alone make is worked out already, so that the runtime need not look for it. @default false */
  readonly isFolded?: boolean;
}

/** Loads a training or evaluation model that this library made: the one thing that training asks of a runtime. */
export type OpenSession = (model: Uint8Array, threads: number, options?: SessionOptions) => Promise<TrainingSession>;
