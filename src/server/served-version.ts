import type { Backend, TensorInfo, Tensors } from '../backends/backend.ts';
import type { ModelSignature } from '../onnx/signature.ts';
import { createRecordEncoder, type RecordEncoder } from '../tools/artefact/encode-records.ts';
import { createInputTensors } from '../tools/artefact/input-tensors.ts';
import { type AnswerWriter, createAnswerWriter } from '../tools/serve/answer-writer.ts';
import { readTrainingFacts, type TrainingFacts } from '../tools/serve/drift/reference.ts';
import type { ExpectedScore } from '../tools/serve/drift/score-monitor.ts';
import { type BatchDone, type BatchLimits, InferenceQueue } from './inference-queue.ts';
import { createWorkerPool } from './worker-pool.ts';

/** Which parts of a record led to its prediction, largest first. */
export interface Explanation {
  readonly contributions: readonly { readonly column: string; readonly value: number }[];
}

/** Explains records that were checked, one explanation each. */
export type Explain = (records: readonly Readonly<Record<string, unknown>>[]) => Promise<readonly Explanation[]>;

/** The file of a model and what is known of it. */
export interface ServableModel {
  readonly signature: ModelSignature;
  /** SHA-256 of the file. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Absent where the model cannot explain. */
  readonly explain?: Explain;
  /** What its outcomes are held against. @default what the file tells of its validation */
  readonly expected?: ExpectedScore;
  /** Ends what the file is open with beside the version's own processes. */
  readonly close?: () => Promise<void>;
}

/** One version of a model, with processes that predict with it. */
export interface ServedVersion extends AsyncDisposable {
  /** The hash of the file. */
  readonly version: string;
  readonly signature: ModelSignature;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly encode: RecordEncoder;
  readonly writer: AnswerWriter;
  readonly queue: InferenceQueue;
  /** Whether a process is up. */
  readonly isReady: boolean;
  readonly workers: { readonly up: number; readonly size: number };
  readonly explain?: Explain;
  readonly training: TrainingFacts;
  readonly expected?: ExpectedScore;
}

/** How a version is served. */
export interface VersionOptions {
  readonly backend: Backend;
  readonly workers: number;
  /** Threads of one operator. */
  readonly threads: number;
  readonly batch: BatchLimits;
  readonly maxTextLength: number;
  readonly onBatch: (batch: BatchDone) => void;
}

/** Starts the processes of a version. @throws {TrainerError} what loading throws */
export async function openVersion(model: ServableModel, options: VersionOptions): Promise<ServedVersion> {
  const { signature } = model;
  const training = readTrainingFacts(model.bytes);
  const expected = model.expected ?? expectedOf(training);
  const probe: Tensors = createInputTensors(signature, 1).tensors();
  const pool = await createWorkerPool({
    count: options.workers,
    start: (onEnd) => options.backend.load(model.bytes, { where: 'child', threads: options.threads, onEnd }),
    probe,
  });
  return {
    version: model.hash,
    signature,
    inputs: pool.inputs,
    outputs: pool.outputs,
    encode: createRecordEncoder(signature, { isStrict: true, maxTextLength: options.maxTextLength }),
    writer: createAnswerWriter(signature),
    queue: new InferenceQueue(pool, options.batch, options.onBatch),
    get isReady() {
      return pool.up > 0;
    },
    workers: pool,
    ...(model.explain === undefined ? {} : { explain: model.explain }),
    training,
    ...(expected === undefined ? {} : { expected }),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await model.close?.();
    },
  };
}

function expectedOf({ reference }: TrainingFacts): ExpectedScore | undefined {
  const score = reference?.score;
  return score && { of: 'validation', metric: score.metric, value: score.value, interval: [score.low, score.high] };
}

/** Which version answers. */
export interface ModelRouter {
  /** For a request: by its id, or by what the client wants to be treated alike (a header `x-sticky-key`). It is held until {@link release}. */
  choose(about: { readonly requestId: string; readonly stickyKey: string | undefined }): ServedVersion;
  /** A version by its hash, held until {@link release}. */
  find(version: string): ServedVersion | undefined;
  /** Lets go of a version that a request was given: it may end where no other has it. */
  release(version: ServedVersion): void;
  /** All that answer. */
  readonly versions: readonly ServedVersion[];
}

/** The router of a service with one version. */
export const onlyVersion = (version: ServedVersion): ModelRouter => ({
  choose: () => version,
  find: (hash) => (hash === version.version ? version : undefined),
  release: () => undefined,
  versions: [version],
});
