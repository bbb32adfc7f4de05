import type { Backend, TensorInfo, Tensors } from '../backends/backend.ts';
import { TrainerError } from '../core/errors.ts';
import type { ModelSignature } from '../onnx/signature.ts';
import { createRecordEncoder, type RecordEncoder } from '../tools/artefact/encode-records.ts';
import { createInputTensors } from '../tools/artefact/input-tensors.ts';
import { type AnswerWriter, createAnswerWriter } from '../tools/serve/answer-writer.ts';
import type { DirectRun } from '../tools/serve/direct-run.ts';
import { readTrainingFacts, type TrainingFacts } from '../tools/serve/drift/reference.ts';
import type { ExpectedScore } from '../tools/serve/drift/score-monitor.ts';
import { hasSameAnswers } from '../tools/serve/same-answers.ts';
import { createDirectPool, warmUp } from './direct-pool.ts';
import { type BatchDone, type BatchLimits, InferenceQueue } from './inference-queue.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

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
  /** Makes what predicts in this process, where a model is small enough; absent where all predict in processes of their own. */
  readonly direct?: (bytes: Uint8Array) => DirectRun | undefined;
}

/** Starts what predicts with a version. @throws {TrainerError} what loading throws */
export async function openVersion(model: ServableModel, options: VersionOptions): Promise<ServedVersion> {
  const { signature } = model;
  const training = readTrainingFacts(model.bytes);
  const expected = model.expected ?? expectedOf(training);
  const pool = (await directPool(model, options)) ?? (await workerPool(model, options));
  // A batch that need not cross to another process gains nothing by waiting for more.
  const batch = pool.size === 0 ? { ...options.batch, batchDelayMs: 0 } : options.batch;
  return {
    version: model.hash,
    signature,
    inputs: pool.inputs,
    outputs: pool.outputs,
    encode: createRecordEncoder(signature, { isStrict: true, maxTextLength: options.maxTextLength }),
    writer: createAnswerWriter(signature),
    queue: new InferenceQueue(pool, batch, options.onBatch),
    get isReady() {
      return pool.isReady;
    },
    workers: pool,
    ...(model.explain === undefined ? {} : { explain: checkedExplain(model.explain) }),
    training,
    ...(expected === undefined ? {} : { expected }),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await model.close?.();
    },
  };
}

/** What a host explains itself is held to what the page of the service promises: one a record, of finite numbers. */
function checkedExplain(explain: Explain): Explain {
  return async (records) => {
    const explanations = await explain(records);
    const areFinite = explanations.every(({ contributions }) =>
      contributions.every(({ value }) => Number.isFinite(value)),
    );
    if (explanations.length === records.length && areFinite) return explanations;
    throw new TrainerError(
      'PREDICT_FAILED',
      `Expected ${records.length} explanations with finite contributions, got ${explanations.length}${areFinite ? '' : ' with a value that is not finite'}. Correct the explain function of the model.`,
    );
  };
}

function expectedOf({ reference }: TrainingFacts): ExpectedScore | undefined {
  const score = reference?.score;
  return score && { of: 'validation', metric: score.metric, value: score.value, interval: [score.low, score.high] };
}

/** Only after the runtime, in a process of its own, has given the same answers. */
async function directPool(model: ServableModel, options: VersionOptions): Promise<WorkerPool | undefined> {
  const run = options.direct?.(model.bytes);
  if (run === undefined) return undefined;
  const predictor = await options.backend.load(model.bytes, { where: 'child', threads: 1 });
  try {
    if (!(await hasSameAnswers(run, predictor, model.signature))) return undefined;
    const rows = (count: number): Tensors => createInputTensors(model.signature, count).tensors();
    await warmUp(run, rows(1), rows(options.batch.batchRows));
    return createDirectPool(run, predictor);
  } finally {
    await predictor[Symbol.asyncDispose]();
  }
}

function workerPool(model: ServableModel, { backend, workers, threads }: VersionOptions): Promise<WorkerPool> {
  const probe: Tensors = createInputTensors(model.signature, 1).tensors();
  return createWorkerPool({
    count: workers,
    start: (onEnd) => backend.load(model.bytes, { where: 'child', threads, onEnd }),
    probe,
  });
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
