import { availableParallelism } from 'node:os';
import type { Agent } from './agents/agent.ts';
import type { BuiltInQuestion } from './agents/questions.ts';
import type { Backend } from './backends/backend.ts';
import { checkBackend } from './backends/check-backend.ts';
import { originOf } from './backends/origin-of.ts';
import type { Calibration } from './core/calibration.ts';
import { type Clock, type Ids, systemClock, systemIds } from './core/clock.ts';
import type { Decider } from './core/decider.ts';
import { TrainerError } from './core/errors.ts';
import { EventLog } from './core/event-log.ts';
import type { EventType, TrainerEvent } from './core/events.ts';
import type { Json } from './core/helpers/canonical-json.ts';
import { type Listener, Listeners } from './core/listeners.ts';
import { checkLlmBudget, type LlmBudget } from './core/llm-budget.ts';
import { type Logger, logEvents } from './core/logger.ts';
import { memoryStore } from './core/memory-store.ts';
import { type Privacy, privacyLevels } from './core/privacy.ts';
import type { AnswerOf } from './core/question.ts';
import type { RunRequest } from './core/request.ts';
import { Run } from './core/run.ts';
import type { OutboundCall } from './core/send-to-model.ts';
import type { Store } from './core/store.ts';
import type { BuiltInMetric } from './core/task-spec.ts';
import { type TrainerMode, trainerModes } from './core/trainer-mode.ts';
import type { DriftOptions, DriftProposal } from './drift-proposal.ts';
import { ForkedRun } from './forked-run.ts';
import type { LanguageModel } from './llm/language-model.ts';
import type { RunPlan } from './run-plan.ts';
import type { PredictionResult } from './tools/artefact/decode-predictions.ts';
import type { ColumnOf, PredictionFor, RecordWithout } from './tools/artefact/typed-predictions.ts';
import type { OwnMetric } from './tools/evaluate/define-metric.ts';
import type { Learner } from './tools/learn/learner.ts';
import type { RunFacts } from './tools/report/report-facts.ts';
import type { DriftEvent } from './tools/serve/drift/drift-event.ts';
import type { TrainerOutcome } from './trainer-outcome.ts';

/** Options of a {@link Trainer}; every one has a default, and none needs a key or a network. */
export interface TrainerOptions<
  Agents extends readonly Agent[] = readonly Agent[],
  Metrics extends readonly (URL | OwnMetric)[] = readonly (URL | OwnMetric)[],
> {
  /** Where runs are kept. @default memoryStore() */
  readonly store?: Store;
  /** Agents that replace steps or are consulted. */
  readonly agents?: Agents;
  /**
   * Own learners: a module URL (its default export is the learner; it runs in the child process), or a learner itself (it
   * runs on the host's thread, and events say so).
   */
  readonly learners?: readonly (URL | Learner)[];
  /**
   * Own metrics: a module URL (its default export is the metric; it is computed in the child process), or a metric of
   * `defineMetric` itself (it is computed on the host's thread with all that is scored by it, and events say so).
   */
  readonly metrics?: Metrics;
  /**
   * Where networks train, the one that is preferred first; the first that can do what is needed is taken, else ONNX Runtime on the
   * CPU. A module URL (its default export is the backend, or a function that gives it) and a backend that says how another process
   * makes it (`origin`; `remoteBackend` does) work in the child process; another object works on the host's thread, and events say so.
   */
  readonly backends?: readonly (URL | Backend)[];
  /** Proposes answers to questions; code checks them. Without one, rules decide. */
  readonly llm?: LanguageModel;
  /** What a run may spend on `llm`. @default no limit */
  readonly llmBudget?: LlmBudget;
  /** What `llm` may be shown of the data. The prompt of the request is always shown. @default 'schema-only' */
  readonly privacy?: Privacy;
  /**
   * Whether `llm` is asked as four agents or as one that knows what all four know; without `llm` it makes no difference.
   *
   * @default 'agents'
   */
  readonly mode?: TrainerMode;
  /** Threads for training. Results do not depend on it. @default all cores */
  readonly cores?: number;
  /**
   * How fast this machine is, for forecasts of time and memory (nothing is chosen by it): `false` measures nothing and forecasts by the
   * shipped table. @default measured once for each kind of processor, in about two seconds, and kept in the user's cache folder
   */
  readonly calibration?: Calibration | false;
  /** Milliseconds a decider may take. @default 30000 */
  readonly deciderTimeoutMs?: number;
  /** Hears one line an event of all runs: pino, the console, or any object with their methods. @default none */
  readonly logger?: Logger;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default by time and chance */
  readonly ids?: Ids;
}

/** Options of {@link Trainer.resume}. */
export interface ResumeOptions {
  /** Answers to the questions that the run waits for, by question id. */
  readonly answers?: Readonly<Record<string, Json>>;
  readonly signal?: AbortSignal;
}

/** Options of {@link Trainer.fork}. */
export interface ForkOptions<Id extends string = string, Answer = unknown> {
  /** The question whose decision is taken another way. */
  readonly at: Id;
  /** Checked as any answer is. */
  readonly answer: Answer;
  /** Which of several decisions of that question. @default 0 (the first) */
  readonly occurrence?: number;
  /** Id of the new run. @default made by the trainer */
  readonly runId?: string;
  readonly signal?: AbortSignal;
}

/** The answer type of every question that a trainer with these agents may ask, by question id. */
export type AnswersById<Agents extends readonly Agent[]> = {
  readonly [Q in BuiltInQuestion | Agents[number]['questions'][number] as Q['id']]: AnswerOf<Q>;
} & {
  /** What is about to leave for the language model: its texts may be replaced, or the call vetoed. */
  readonly 'llm.call': OutboundCall;
};

/** Names of the metrics that a trainer was given; any for those of modules, whose names types don't know. */
export type MetricName<Metrics extends readonly (URL | OwnMetric)[]> = Metrics[number] extends infer Each
  ? Each extends OwnMetric<infer Name>
    ? Name
    : Each extends URL
      ? string & Record<never, never>
      : never
  : never;

/**
 * Understands a request, prepares the data, trains, measures and freezes a model, or says with evidence why that can't be
 * done.
 *
 * @example
 * const run = new Trainer().run({ prompt: 'Predict which customers churn.', data: 'churn.csv' });
 * const outcome = await run.result;
 */
export class Trainer<
  const Agents extends readonly Agent[] = readonly [],
  const Metrics extends readonly (URL | OwnMetric)[] = readonly [],
> {
  readonly #options: TrainerOptions;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #listeners = new Listeners();
  readonly #deciders = new Map<string, Decider[]>();

  /** @throws {TrainerError} REQUEST_INVALID for an option that is out of range, PLUGIN_INVALID for what is no backend */
  constructor(options: TrainerOptions<Agents, Metrics> = {}) {
    for (const [name, least] of [
      ['cores', 1],
      ['deciderTimeoutMs', 1],
    ] as const) {
      const value = options[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= least)) {
        throw new TrainerError(
          'REQUEST_INVALID',
          `Expected ${name} to be a whole number of at least ${least}, got ${String(value)}.`,
        );
      }
    }
    if (options.llmBudget !== undefined) checkLlmBudget(options.llmBudget);
    if (options.privacy !== undefined && !privacyLevels.includes(options.privacy)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected privacy to be one of ${privacyLevels.join(', ')}, got ${String(options.privacy)}.`,
      );
    }
    if (options.mode !== undefined && !trainerModes.includes(options.mode)) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected mode to be one of ${trainerModes.join(', ')}, got ${String(options.mode)}.`,
      );
    }
    for (const given of options.backends ?? [])
      if (!(given instanceof URL)) originOf(checkBackend(given, "each of the trainer's `backends`"));
    this.#options = options;
    if (options.logger !== undefined) logEvents(this.#listeners, options.logger);
    this.#store = options.store ?? memoryStore();
    this.#clock = options.clock ?? systemClock;
    this.#ids = options.ids ?? systemIds(this.#clock);
  }

  /** Starts a run. It never throws: what is wrong with the request comes through `run.result` and the iterator. */
  run<Row extends object = object, const Target extends ColumnOf<Row> = ColumnOf<Row>>(
    request: RunRequest<Row, Target, MetricName<Metrics>>,
  ): Run<
    TrainerOutcome<RecordWithout<Row, Target>, PredictionFor<Row, Target>, BuiltInMetric | MetricName<Metrics>>,
    TrainerEvent<AnswersById<Agents>>
  > {
    // Callers without types pass anything: what is wrong with it is said by the checks of the request.
    const given = request as unknown as RunRequest | undefined;
    const runId = typeof given?.runId === 'string' ? given.runId : this.#ids.runId();
    return this.#start(runId, given?.signal, (start) => start.begin(request as unknown as RunRequest)) as never;
  }

  /**
   * Says what a run of this request would do and cost: the task as it is understood, the verdict, the steps, and trials,
   * work, seconds and memory as ranges. The data are read and measured; nothing is trained, no row is looked at as a test
   * row, and nothing is kept. Deciders and the language model are asked as in a run; listeners hear its events.
   *
   * @throws {TrainerError} as `run.result` rejects
   * @example
   * const { verdict, cost, text } = await trainer.plan({ prompt: 'Predict which customers churn.', data: 'churn.csv' });
   */
  async plan<Row extends object = object, const Target extends ColumnOf<Row> = ColumnOf<Row>>(
    request: RunRequest<Row, Target, MetricName<Metrics>>,
  ): Promise<RunPlan> {
    const given = request as unknown as RunRequest | undefined;
    const runId = this.#ids.runId();
    const log = new EventLog();
    const signal = given?.signal instanceof AbortSignal ? given.signal : new AbortController().signal;
    const start = await this.#makeStart(runId, log, signal, memoryStore());
    return start.plan(request as unknown as RunRequest);
  }

  /**
   * Says what to do about drift that a service noticed: keep the model, look at the data's source, collect outcomes, or train again,
   * with the request for it. Asked as any question is (`task.drift`): answer, language model where the rule is unsure, rule,
   * deciders; journalled in the trainer's store. Nothing is trained.
   *
   * @param event - as a service of `traineragent/serve` gives it to `onDrift`; plain JSON, so it may have come through a queue
   * @throws {TrainerError} REQUEST_INVALID, STORE_FAILED, RUN_ABORTED
   * @example
   * const proposal = await trainer.considerDrift(event);
   * if (proposal.status === 'proposed' && proposal.request) await trainer.run({ ...proposal.request, data: recent }).result;
   */
  async considerDrift(event: DriftEvent, options: DriftOptions = {}): Promise<DriftProposal> {
    const { signal } = options;
    const start = await this.#makeStart(
      this.#ids.runId(),
      new EventLog(),
      signal instanceof AbortSignal ? signal : new AbortController().signal,
      this.#store,
    );
    return start.considerDrift(event, options);
  }

  /**
   * Goes on with a run that was paused, aborted or killed, from its journal: nothing that was recorded is computed, asked
   * or paid again.
   */
  resume(
    runId: string,
    options: ResumeOptions = {},
  ): Run<
    TrainerOutcome<object, PredictionResult, BuiltInMetric | MetricName<Metrics>>,
    TrainerEvent<AnswersById<Agents>>
  > {
    return this.#start(runId, options.signal, (start) => start.resume(options.answers ?? {})) as never;
  }

  /**
   * Asks what if: a new run that keeps everything another run of the store recorded before a decision, takes that decision
   * another way, and goes on. Reads of the test rows are counted over both. The other run is left as it is.
   *
   * A {@link fileStore} is needed for runs that have ended: a memory store forgets them.
   *
   * @example
   * const fork = trainer.fork(run.id, { at: 'model.candidates', answer: { learners: ['linear'] } });
   * console.log((await fork.comparison()).text);
   */
  fork<Id extends Exclude<keyof AnswersById<Agents> & string, 'llm.call'>>(
    runId: string,
    options: ForkOptions<Id, AnswersById<Agents>[Id]>,
  ): ForkedRun<TrainerEvent<AnswersById<Agents>>> {
    let told: (facts: RunFacts | TrainerError) => void = () => undefined;
    const original = new Promise<RunFacts | TrainerError>((resolve) => {
      told = resolve;
    });
    const { at, answer, occurrence = 0, signal } = options;
    return this.#start(
      options.runId ?? this.#ids.runId(),
      signal,
      (start) => start.fork(runId, { at, answer: answer as Json, occurrence }, told),
      (...parts) => new ForkedRun<TrainerEvent<AnswersById<Agents>>>(...parts, original),
    );
  }

  /** Hears events of all runs; they can change nothing. Returns what removes the listener. */
  on<Type extends EventType>(
    type: Type,
    listener: (event: TrainerEvent<AnswersById<Agents>, Type>) => unknown,
  ): () => void {
    return this.#listeners.on(type, listener as Listener<Type>);
  }

  /**
   * Has a say in a decision: accept, replace, retry, pause or stop. Deciders of a question are asked in the order in which
   * they were added. Returns what removes the decider.
   *
   * @example
   * trainer.decide('model.candidates', ({ proposal }) => replace({ learners: ['linear'] }));
   */
  decide<Id extends keyof AnswersById<Agents> & string>(
    question: Id,
    decider: Decider<AnswersById<Agents>[Id]>,
  ): () => void {
    const list = this.#deciders.get(question) ?? [];
    this.#deciders.set(question, list);
    list.push(decider as Decider);
    return () => {
      const index = list.indexOf(decider as Decider);
      if (index >= 0) list.splice(index, 1);
    };
  }

  #start<Started = Run<TrainerOutcome>>(
    runId: string,
    signal: AbortSignal | undefined,
    go: (start: import('./start.ts').Start) => Promise<TrainerOutcome>,
    make: (...parts: ConstructorParameters<typeof Run<TrainerOutcome>>) => Started = (...parts) =>
      new Run(...parts) as Started,
  ): Started {
    const log = new EventLog();
    const controller = new AbortController();
    const both = signal instanceof AbortSignal ? AbortSignal.any([controller.signal, signal]) : controller.signal;
    const result = (async () => go(await this.#makeStart(runId, log, both, this.#store)))();
    result.catch((error) => log.end(error)); // for what fails before there is a start that would end it
    return make(runId, log, controller, result);
  }

  async #makeStart(
    runId: string,
    log: EventLog,
    signal: AbortSignal,
    store: Store,
  ): Promise<import('./start.ts').Start> {
    // As they are at the call: those that are added later are for later runs.
    const deciders = new Map([...this.#deciders].map(([id, list]) => [id, [...list]]));
    // The agents and everything below them load with the first run, not with the import.
    const { Start } = await import('./start.ts');
    return new Start({
      runId,
      log,
      signal,
      store,
      clock: this.#clock,
      listeners: this.#listeners,
      deciders,
      deciderTimeoutMs: this.#options.deciderTimeoutMs ?? 30_000,
      cores: this.#options.cores ?? availableParallelism(),
      ...(this.#options.calibration === undefined ? {} : { calibration: this.#options.calibration }),
      agents: this.#options.agents ?? [],
      learners: this.#options.learners ?? [],
      metrics: this.#options.metrics ?? [],
      backends: this.#options.backends ?? [],
      llm: this.#options.llm,
      llmBudget: this.#options.llmBudget ?? {},
      privacy: this.#options.privacy ?? 'schema-only',
      mode: this.#options.mode ?? 'agents',
    });
  }
}
