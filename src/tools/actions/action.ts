import type { Backend } from '../../backends/backend.ts';
import type { Calibration } from '../../core/calibration.ts';
import type { Blobs } from '../../core/helpers/blobs.ts';
import type { FitCheckpoint, Learner } from '../learn/learner.ts';

/** The place of one fit's progress. */
export interface Checkpoint extends FitCheckpoint {
  /** When the result is kept elsewhere. */
  remove(): Promise<void>;
}

/** What an action may use beside its input. */
export interface ActionContext {
  readonly blobs: Blobs;
  /** The file that a source name stands for. @throws {TrainerError} DATA_NOT_FOUND */
  source(name: string): string;
  /** What models are judged on. @throws {TrainerError} PEER_MISSING, MODEL_UNSUPPORTED */
  backend(): Promise<Backend>;
  /** What networks train on: the host's, where it gave some. @throws {TrainerError} PEER_MISSING, MODEL_UNSUPPORTED, PLUGIN_INVALID */
  trainingBackend(): Promise<Backend>;
  /** What a browser would predict with; undefined where `onnxruntime-web` is not installed. */
  webBackend(): Promise<Backend | undefined>;
  /** One of the host's backends of this process. @throws {TrainerError} PLUGIN_INVALID, PEER_MISSING */
  backendAt(place: number): Promise<Backend>;
  /** Stops what works on the host's thread; a child is killed instead. */
  readonly signal?: AbortSignal;
  /** Threads to use; results do not depend on it. */
  readonly cores: number;
  /** What the host says of its machine; false where nothing is to be measured. */
  readonly calibration?: Calibration | false;
  /** @throws {TrainerError} PLUGIN_INVALID */
  learner(name: string): Promise<Learner>;
  /** Names of all learners of this process. */
  learnerNames(): Promise<readonly string[]>;
  /** Where the fit of this key (what decides its result) keeps its progress, should this process end before it does. */
  checkpoint(key: object): Checkpoint;
  progress(share: number | undefined, note?: string): void;
  /** What is decoded once and used by many calls, by blob; the least recently used go first. */
  cached<T>(key: string, make: () => Promise<T>): Promise<T>;
}

/** A typed function that agents call by name; input and output are JSON, data are blobs. */
export interface Action<Input, Output> {
  readonly name: string;
  run(input: Input, context: ActionContext): Promise<Output>;
}

/** Declares an action. */
export function defineAction<Input, Output>(action: Action<Input, Output>): Action<Input, Output> {
  return action;
}
