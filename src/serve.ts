import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { TrainerError } from './core/errors.ts';
import { takeLock } from './core/run-lock.ts';
import { loadModel } from './load-model.ts';
import type { Prediction } from './server/call.ts';
import { driftRoutes } from './server/drift-routes.ts';
import { type DriftWatchSettings, settingsOfDrift } from './server/drift-settings.ts';
import { fastifyPlugin } from './server/fastify-plugin.ts';
import { fetchHandler } from './server/fetch-handler.ts';
import { harmless, tellEach } from './server/harmless.ts';
import { type BatchLimits, defaultBatchLimits } from './server/inference-queue.ts';
import { labelRoutes } from './server/label-routes.ts';
import { type Deployment, type ListenOptions, listen } from './server/listen.ts';
import { mergeDrift } from './server/merge-drift.ts';
import { createMetrics } from './server/metrics.ts';
import { openOutcomeLog } from './server/outcome-log.ts';
import { outcomeRoutes } from './server/outcome-routes.ts';
import { createRehearsal, type Rehearsal } from './server/rehearsal.ts';
import { openReleases, type Releases } from './server/releases.ts';
import { onlyVersion, openVersion, type ServableModel } from './server/served-version.ts';
import { createServiceCore, type RequestLog } from './server/service.ts';
import { createTracing } from './server/tracing.ts';
import { type DriftReport, watchDrift } from './server/watch-drift.ts';
import { watchPredictions } from './server/watch-predictions.ts';
import type { Model } from './tools/artefact/model.ts';
import { type ApiKey, createApiKey, type KeyScope, parseKeys } from './tools/serve/api-keys.ts';
import type { DriftEvent } from './tools/serve/drift/drift-event.ts';
import type { ExpectedScore } from './tools/serve/drift/score-monitor.ts';
import { LiveScores, type OutcomeLimits } from './tools/serve/live-score.ts';
import type { ModelLabel, ModelLabels, Promotion } from './tools/serve/model-labels.ts';
import { type ModelStore, modelStore } from './tools/serve/model-store.ts';
import { defaultServeLimits, type ServeLimits } from './tools/serve/serve-limits.ts';

export type {
  ApiKey,
  BatchLimits,
  Deployment,
  DriftEvent,
  DriftReport,
  DriftWatchSettings,
  ExpectedScore,
  KeyScope,
  ListenOptions,
  ModelLabel,
  ModelLabels,
  ModelStore,
  Promotion,
  RequestLog,
  ServableModel,
  ServeLimits,
};
export { createApiKey, mergeDrift, modelStore, parseKeys };

/** How a model is served. */
export interface ServiceOptions {
  /** The model's name in paths: letters, digits, dots and dashes. @default 'model' */
  readonly name?: string;
  /**
   * Processes that predict.
   *
   * @default none where the model is one of linear functions or trees whose row costs less than the way to another process; else one less
   * than there are cores, at least one
   */
  readonly workers?: number;
  readonly batch?: Partial<BatchLimits>;
  readonly limits?: Partial<ServeLimits>;
  /** Who may call; anyone where it is left out. */
  readonly keys?: readonly ApiKey[];
  /** Names that the Host header may have. @default any; our own server without keys on loopback: those of loopback */
  readonly hosts?: readonly string[];
  /** Origins of pages that may call, beside that of the service itself. */
  readonly origins?: readonly string[];
  /** Called with each request, after it was answered. */
  readonly log?: (entry: RequestLog) => void;
  /** Spans of OpenTelemetry for each prediction; needs `@opentelemetry/api`. @default false */
  readonly tracing?: boolean;
  /** How long predictions wait for their outcomes, and how many. @default a day, 100_000 */
  readonly outcomes?: Partial<OutcomeLimits> & {
    /**
     * Where predictions that wait and scores outlive the process; of one service at a time.
     *
     * @default `outcomes` in the folder of a store; nowhere where one model is served
     */
    readonly folder?: string;
  };
  /** What outcomes are held against; a store's versions have their own. @default the score on validation data, from the file */
  readonly expected?: ExpectedScore;
  /** How drift is looked for. @default windows of 500 records, or 200 outcomes */
  readonly drift?: Partial<DriftWatchSettings>;
  /**
   * Called when a column, the predictions or the score on outcomes has begun to differ from training: with the second window in a
   * row. The event is plain JSON without values; `trainer.considerDrift` makes a proposal of it. What it throws is passed over.
   */
  readonly onDrift?: (event: DriftEvent) => void;
  /** Called with the tensors of each prediction. What it throws is passed over. */
  readonly onPrediction?: (prediction: Prediction) => void;
}

/** Versions of a model, of which labels say which answers. */
export interface StoreSource {
  readonly store: ModelStore;
  /** Whose version answers; a canary and a shadow stand beside `stable` alone. @default 'stable' */
  readonly label?: ModelLabel;
  /** Called where a change of the labels could not be followed; what was served still is. */
  readonly onProblem?: (error: unknown) => void;
}

/** A model as a service, to be mounted or to listen by itself. */
export interface Service extends AsyncDisposable {
  /** For any framework that speaks Fetch. */
  fetch(request: Request): Promise<Response>;
  /** The same below a path: `service.mount('/churn')`. */
  mount(prefix: string): (request: Request) => Promise<Response>;
  /** A plug-in for Fastify 5. */
  readonly fastify: FastifyPluginAsync;
  /** The labels of the store, and how to move them; absent where one model is served. */
  readonly releases?: Pick<Releases, 'labels' | 'promote' | 'rollback' | 'reload'>;
  /**
   * Listens on a server of our own; closing that closes the service too.
   *
   * @throws {TrainerError} SERVE_FAILED
   */
  listen(options?: ListenOptions): Promise<Deployment>;
  /** From here on `/readyz` says no; requests are still answered. */
  drain(): void;
  /** Ends the processes that predict. */
  close(): Promise<void>;
}

/**
 * Makes a service of a model: records, tensors, a page to try it, metrics. Predictions run in processes of their own.
 *
 * @param source - a path, a file URL, the bytes, a loaded model, or a store of versions
 * @throws {TrainerError} MODEL_INVALID, MODEL_UNSUPPORTED, MODEL_SIGNATURE, PEER_MISSING, REQUEST_INVALID
 * @example
 * const service = await createService('churn.onnx');
 * const { url } = await service.listen({ port: 8080 });
 */
export async function createService(
  source: string | URL | Uint8Array | Model | ServableModel | StoreSource,
  options: ServiceOptions = {},
): Promise<Service> {
  const { name = 'model', keys } = options;
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new TrainerError(
      'REQUEST_INVALID',
      'Expected the name of a served model to be of letters, digits, dots and dashes, up to 64.',
    );
  const cores = availableParallelism();
  const workers = positive('workers', options.workers ?? Math.max(1, cores - 1));
  const limits = { ...defaultServeLimits, ...options.limits };
  const batch = { ...defaultBatchLimits, ...options.batch };
  const settings = settingsOfDrift(options.drift);
  for (const [key, value] of Object.entries({ ...limits, ...batch })) if (key !== 'batchDelayMs') positive(key, value);
  const [{ onnxBackend }, traced, direct] = await Promise.all([
    import('./backends/onnx/onnx-backend.ts'),
    options.tracing === true ? createTracing() : undefined,
    options.workers === undefined ? import('./tools/serve/direct-run.ts') : undefined,
  ]);
  let rehearsal: Rehearsal | undefined;
  const open = (model: ServableModel) =>
    openVersion(model, {
      backend: onnxBackend(),
      workers,
      // Several threads an operator would only take the cores from each other.
      threads: workers >= cores ? 1 : Math.max(1, Math.floor(cores / workers)),
      batch,
      maxTextLength: limits.textLength,
      onBatch: (done) => (rehearsal?.isOver === false ? rehearsal.metrics : metrics).batch(done),
      ...(direct === undefined ? {} : { direct: direct.createDirectRun }),
    });
  const releases = isStore(source)
    ? await openReleases({
        store: source.store,
        label: source.label ?? 'stable',
        open: async (version) => {
          const expected = await source.store.expected(version);
          const model = await load(await source.store.get(version));
          return open({ ...model, ...(expected === undefined ? {} : { expected }) });
        },
        ...(source.onProblem === undefined ? {} : { onProblem: source.onProblem }),
      })
    : undefined;
  const { expected } = options;
  const router =
    releases ??
    onlyVersion(
      await open({
        ...(await servable(source as Exclude<Source, StoreSource>)),
        ...(expected === undefined ? {} : { expected }),
      }),
    );
  const { folder = isStore(source) ? join(source.store.folder, 'outcomes') : undefined, ...outcomes } =
    options.outcomes ?? {};
  const scores = new LiveScores({ predictions: 100_000, keepMs: 86_400_000, ...outcomes }, Date.now, {
    onOutcome: (...outcome) => drift.onOutcome(...outcome),
    onEntry: (entry) => outcomeLog?.write(entry),
  });
  const onProblem = isStore(source) ? source.onProblem : undefined;
  const outcomeLog =
    folder === undefined
      ? undefined
      : await openOutcomeLog({ folder, scores, lock: takeLock, onProblem: (error) => onProblem?.(error) }).catch(
          async (error) => {
            if (options.outcomes?.folder !== undefined) {
              await (releases ?? router.versions[0]!)[Symbol.asyncDispose]();
              throw error;
            }
            // A service of a folder that it may only read, or shares, still serves; its scores end with it.
            onProblem?.(error);
            return undefined;
          },
        );
  const drift = watchDrift({
    name,
    settings,
    router,
    scores: () => scores.scores(),
    onDrift: harmless(options.onDrift ?? (() => undefined)),
    now: Date.now,
  });
  const watch = watchPredictions(releases, scores);
  const metrics = await createMetrics({
    router: () => router,
    inFlight: () => core.inFlight,
    samples: () => [...watch.samples(), ...drift.samples()],
  });
  const hasKeys = keys !== undefined && keys.length > 0;
  const shared = {
    name,
    router,
    limits,
    metrics,
    traced,
    log: options.log,
    // Who may see what came in, or change what answers, is somebody with a key.
    routes: [
      ...outcomeRoutes(scores),
      ...(hasKeys ? driftRoutes(drift) : []),
      ...(releases === undefined || !isStore(source) || !hasKeys ? [] : labelRoutes(releases, source.store)),
    ],
    onPrediction: tellEach([watch.onPrediction, drift.onPrediction, options.onPrediction]),
    onAnswer: watch.onAnswer,
    ...(keys === undefined ? {} : { keys }),
    ...(options.origins === undefined ? {} : { origins: options.origins }),
  };
  const { hosts } = options;
  const core = createServiceCore({ ...shared, ...(hosts === undefined ? {} : { hosts }) });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    core.drain();
    closed ??= Promise.resolve((releases ?? router.versions[0]!)[Symbol.asyncDispose]()).then(() =>
      outcomeLog?.close(),
    );
    return closed;
  };
  return {
    fetch: fetchHandler(core),
    mount: (prefix) => fetchHandler(core, prefix.replace(/\/$/, '')),
    fastify: fastifyPlugin(core),
    ...(releases === undefined ? {} : { releases }),
    drain: core.drain,
    close,
    [Symbol.asyncDispose]: close,
    async listen(where) {
      rehearsal = await createRehearsal({ name, settings, router, limits }, hasKeys);
      const deployment = await listen(core, hasKeys, where, rehearsal);
      const end = async (): Promise<void> => {
        await deployment.close();
        await close();
      };
      return { ...deployment, close: end, [Symbol.asyncDispose]: end };
    },
  };
}

/** Explanations need the process that computes what they are made of; it starts with the first one. */
const servableOf = (model: Model): ServableModel => ({
  signature: model.signature,
  hash: model.hash,
  bytes: model.bytes,
  ...(model.canExplain ? { explain: (records) => model.explain(records) } : {}),
});

/** A model that is opened here, and closed with its version. */
async function load(source: string | URL | Uint8Array): Promise<ServableModel> {
  const model = await loadModel(source, { where: 'child' });
  return { ...servableOf(model), close: async () => model[Symbol.asyncDispose]() };
}

type Source = Parameters<typeof createService>[0];
const isStore = (source: Source): source is StoreSource => typeof source === 'object' && 'store' in source;
const servable = async (source: Exclude<Source, StoreSource>): Promise<ServableModel> => {
  if (typeof source !== 'object' || !('signature' in source)) return load(source);
  return 'canExplain' in source ? servableOf(source) : source;
};

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && (Number.isInteger(value) || /Ms$/.test(name))) return value;
  throw new TrainerError('REQUEST_INVALID', `Expected ${name} to be a whole number above 0, got ${value}.`);
}
