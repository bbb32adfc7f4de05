import type { Agent } from './agents/agent.ts';
import { asOneAgent, checkTools, systemOf } from './agents/agent-parts.ts';
import { arrangeStages } from './agents/arrange-stages.ts';
import { builtInAgents, builtInStages, planningStages } from './agents/stages.ts';
import { checkDriftEvent } from './agents/task/stages/drift.ts';
import type { Backend } from './backends/backend.ts';
import { originOf } from './backends/origin-of.ts';
import { type BackendFacts, checkSameBackends } from './core/backend-facts.ts';
import { Budget, budgetUnits } from './core/budget.ts';
import type { Calibration } from './core/calibration.ts';
import { aborted, childWorkbench } from './core/child-workbench.ts';
import type { Clock } from './core/clock.ts';
import type { Decider } from './core/decider.ts';
import { TrainerError } from './core/errors.ts';
import type { EventLog } from './core/event-log.ts';
import type { EventBodies, EventType, RunEvent, RunStatus } from './core/events.ts';
import { type ForkPoint, forkRun } from './core/fork-run.ts';
import type { Json } from './core/helpers/canonical-json.ts';
import { errorText } from './core/helpers/error-text.ts';
import { frozenCopy } from './core/helpers/frozen-copy.ts';
import { readOnlyBlobs } from './core/helpers/read-only-blobs.ts';
import { Journal } from './core/journal.ts';
import type { Listeners } from './core/listeners.ts';
import { type LlmBudget, LlmLedger } from './core/llm-budget.ts';
import { withMetrics } from './core/metric-scope.ts';
import { runPipeline } from './core/pipeline.ts';
import type { Privacy } from './core/privacy.ts';
import { checkRequest, type RunRequest } from './core/request.ts';
import type { RunSession } from './core/run-session.ts';
import type { Stage } from './core/stage.ts';
import { restartRun, type StartedRun, startRun } from './core/start-run.ts';
import type { RunStore, Store } from './core/store.ts';
import type { TrainerMode } from './core/trainer-mode.ts';
import { version } from './core/version.ts';
import { considerDrift, type DriftOptions, type DriftProposal } from './drift-proposal.ts';
import { factsOf, finish, verdictOfEnded } from './finish.ts';
import { hostWorkbench } from './host-workbench.ts';
import type { LanguageModel } from './llm/language-model.ts';
import { describePlan, type RunPlan } from './run-plan.ts';
import type { OwnMetric } from './tools/evaluate/define-metric.ts';
import { loadMetrics, metricsOfRun } from './tools/evaluate/metric-registry.ts';
import { factsOfMetric } from './tools/evaluate/own-metric.ts';
import type { Learner } from './tools/learn/learner.ts';
import { checkLearner } from './tools/learn/learner-registry.ts';
import type { RunFacts } from './tools/report/report-facts.ts';
import type { TrainerOutcome } from './trainer-outcome.ts';

/** What the trainer hands to a start. */
export interface StartSettings {
  readonly runId: string;
  readonly log: EventLog;
  readonly signal: AbortSignal;
  readonly store: Store;
  readonly clock: Clock;
  readonly listeners: Listeners;
  readonly deciders: ReadonlyMap<string, readonly Decider[]>;
  readonly deciderTimeoutMs: number;
  readonly cores: number;
  readonly calibration?: Calibration | false;
  readonly agents: readonly Agent[];
  readonly learners: readonly (URL | Learner)[];
  readonly metrics: readonly (URL | OwnMetric)[];
  readonly backends: readonly (URL | Backend)[];
  readonly llm: LanguageModel | undefined;
  readonly llmBudget: LlmBudget;
  readonly privacy: Privacy;
  readonly mode: TrainerMode;
}

/** One process's work on one run, from opening its store to `run-end`, which comes exactly once. */
export class Start {
  readonly #settings: StartSettings;
  readonly #startedAt: number;
  #seq = 0;

  constructor(settings: StartSettings) {
    this.#settings = settings;
    this.#startedAt = settings.clock.monotonic();
  }

  begin(request: RunRequest): Promise<TrainerOutcome> {
    const { store, runId, clock, signal } = this.#settings;
    return this.#ending(async (hold) => {
      const metrics = (await loadMetrics(this.#settings.metrics)).map(factsOfMetric);
      const checked = checkRequest(request, metrics);
      this.#checkAnswers(checked.answers ?? {});
      const opened = hold(await store.create(runId));
      const own = { metrics, backends: this.#settings.backends.map(factsOfBackend) };
      const started = await startRun(opened, request, checked, version, clock.now(), signal, own);
      return this.#work(opened, started, false, {}, runToEnd);
    });
  }

  /** Runs the steps up to the plan in the store, which is given up with the answer. */
  plan(request: RunRequest): Promise<RunPlan> {
    const { store, runId, clock, signal } = this.#settings;
    return this.#ending(async (hold) => {
      const metrics = (await loadMetrics(this.#settings.metrics)).map(factsOfMetric);
      const checked = checkRequest(request, metrics);
      this.#checkAnswers(checked.answers ?? {});
      const opened = hold(await store.create(runId));
      const own = { metrics, backends: this.#settings.backends.map(factsOfBackend) };
      const started = await startRun(opened, request, checked, version, clock.now(), signal, own);
      return this.#work(opened, started, false, {}, async (session, stages) =>
        describePlan(await runPipeline(session, planningStages(stages))),
      );
    });
  }

  /** Decides what is done about a drift event, in a run of its own that has no other step. */
  considerDrift(event: unknown, options: DriftOptions): Promise<DriftProposal> {
    const { store, runId, clock, signal } = this.#settings;
    return this.#ending(async (hold) => {
      const drift = checkDriftEvent(event);
      const { prompt, answers = {} } = options;
      const request = { ...(prompt === undefined ? {} : { prompt }), answers } as RunRequest;
      const checked = checkRequest(request);
      this.#checkAnswers(answers);
      const opened = hold(await store.create(runId));
      const none = { metrics: [], backends: [] };
      const about = drift as unknown as Json;
      const started = await startRun(opened, {}, checked, version, clock.now(), signal, none, about);
      const proposal = await this.#work(opened, started, false, {}, (session) => considerDrift(session, drift, prompt));
      return { status: proposal.status === 'proposed' ? 'planned' : proposal.status, proposal } as const;
    }).then(({ proposal }) => proposal);
  }

  /** Begins the run as a fork of another one of the same store, and goes on from the decision that it takes another way. */
  fork(from: string, point: ForkPoint, told: (facts: RunFacts | TrainerError) => void): Promise<TrainerOutcome> {
    const { store, runId, clock, agents } = this.#settings;
    return this.#ending(async (hold) => {
      this.#checkAnswers({ [point.at]: point.answer });
      const source = await store.open(from);
      try {
        const opened = hold(await store.create(runId));
        await forkRun(source, opened, point, { version, time: clock.now() });
        told(await factsOfStored(source, agents));
        const started = restartRun(opened);
        checkSameBackends(started.input.ownBackends, this.#settings.backends.map(factsOfBackend));
        return await this.#work(opened, started, true, {}, runToEnd);
      } finally {
        // It may be forked again, or resumed where it was paused.
        await source.close(false);
      }
    });
  }

  resume(answers: Readonly<Record<string, Json>>): Promise<TrainerOutcome> {
    const { store, runId, clock } = this.#settings;
    return this.#ending(async (hold) => {
      this.#checkAnswers(answers);
      const opened = hold(await store.open(runId));
      const started = restartRun(opened);
      if (started.input.drift !== undefined)
        throw new TrainerError(
          'REQUEST_INVALID',
          'Expected the id of a run that trains, got one that considered drift. Consider the event again.',
        );
      const isOver = opened.records.some(({ body }) => body.kind === 'end' && body.status !== 'paused');
      // One that has ended trains nothing more.
      if (!isOver) checkSameBackends(started.input.ownBackends, this.#settings.backends.map(factsOfBackend));
      if (!isOver) await opened.append({ kind: 'resume', time: clock.now(), answers });
      return this.#work(opened, started, true, answers, runToEnd);
    });
  }

  async #work<Result>(
    store: RunStore,
    started: StartedRun,
    resumed: boolean,
    answers: Readonly<Record<string, Json>>,
    run: (session: RunSession, stages: readonly Stage[]) => Promise<Result>,
  ): Promise<Result> {
    const { input } = started;
    const { signal, clock, cores, calibration } = this.#settings;
    const journal = new Journal(store, (record) => this.#emit('checkpoint', { record }));
    const learners = this.#learners();
    const metrics = metricsOfRun(input.ownMetrics, await loadMetrics(this.#settings.metrics));
    const onHost = metrics.filter(({ where }) => where === 'host');
    const isSingle = this.#settings.mode === 'single';
    const own = isSingle ? asOneAgent(builtInAgents) : builtInAgents;
    const agents = [...this.#settings.agents, ...own];
    checkTools(agents);
    const work = {
      blobs: `${store.folder}/blobs`,
      checkpoints: `${store.folder}/checkpoints`,
      sources: started.sources,
      cores,
      ...(calibration === undefined ? {} : { calibration }),
      learners: learners.modules,
      backends: this.#settings.backends.flatMap((source) => {
        const origin = originOf(source);
        const { capabilities } = factsOfBackend(source);
        return origin === undefined ? [] : [{ ...origin, ...(capabilities === undefined ? {} : { capabilities }) }];
      }),
      metrics: {
        modules: this.#settings.metrics.flatMap((metric) => (metric instanceof URL ? [metric.href] : [])),
        facts: onHost.map(factsOfMetric),
      },
    };
    const child = childWorkbench(work);
    const earlier = store.records.map(({ body }) => body);
    const session: RunSession = {
      runId: store.runId,
      input,
      store,
      journal,
      budget: new Budget(typeof input.budget === 'string' ? budgetUnits[input.budget] : input.budget.workUnits),
      clock,
      signal,
      child,
      host: hostWorkbench(work, learners.inline, metrics, this.#settings.backends),
      hostLearners: learners.inline.map(({ name }) => name),
      hostMetrics: onHost.map(({ name }) => name),
      pausedOn: new Set(
        earlier.flatMap((body) =>
          body.kind === 'end' && body.status === 'paused' ? pausedQuestions(body.result) : [],
        ),
      ),
      llm: this.#settings.llm,
      ledger: new LlmLedger(this.#settings.llmBudget, earlier),
      privacy: this.#settings.privacy,
      deciders: this.#settings.deciders,
      deciderTimeoutMs: this.#settings.deciderTimeoutMs,
      given: givenAnswers(
        input.answers ?? {},
        earlier.flatMap((body) => (body.kind === 'resume' ? [body.answers] : [])),
        answers,
      ),
      ...verdictOfEnded(earlier),
      vaultLedger: this.#settings.store.vaultLedger,
      systemOf: (name) => systemOf([...own, ...this.#settings.agents], name),
      memoryOf: (name) =>
        isSingle && builtInAgents.some((agent) => agent.name === name) ? decisionsSoFar(journal) : undefined,
      toolsOf: (name) => agents.filter((agent) => agent.name === name).flatMap(({ tools }) => tools ?? []),
      emit: (type, body) => this.#emit(type, body),
      secondsBefore: earlier.reduce((sum, body) => sum + (body.kind === 'call' ? body.seconds : 0), 0),
      startedAt: this.#startedAt,
    };
    try {
      this.#emit('run-start', { resumed, prompt: input.prompt, seed: input.seed, workUnits: session.budget.workUnits });
      return await withMetrics(metrics, () => run(session, arrangeStages(builtInStages, this.#settings.agents)));
    } finally {
      child.close();
    }
  }

  /** An answer to a question that nobody asks would be lost without a word. */
  #checkAnswers(answers: Readonly<Record<string, unknown>>): void {
    const known = [...builtInAgents, ...this.#settings.agents].flatMap(({ questions }) =>
      questions.map(({ id }) => id),
    );
    for (const id of Object.keys(answers)) {
      if (known.includes(id)) continue;
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected answers to be by question id (${known.join(', ')}), got an answer to "${id}".`,
        { details: { question: id } },
      );
    }
  }

  /** Runs `body`, releases the store, and says how it ended. */
  async #ending<Result extends { readonly status: RunStatus }>(
    body: (hold: (store: RunStore) => RunStore) => Promise<Result>,
  ): Promise<Result> {
    const { log, signal } = this.#settings;
    let store: RunStore | undefined;
    let status: RunStatus = 'failed';
    let failure: TrainerError | undefined;
    try {
      signal.throwIfAborted();
      const outcome = await body((opened) => {
        store = opened;
        return opened;
      });
      status = outcome.status;
      return outcome;
    } catch (error) {
      failure = signal.aborted ? aborted() : asTrainerError(error);
      status = failure.code === 'RUN_ABORTED' ? 'aborted' : 'failed';
      throw failure;
    } finally {
      // A plan leaves nothing that could be resumed.
      const isOver = status === 'complete' || status === 'planned' || status === 'declined';
      await store?.close(isOver).catch(() => undefined);
      const seconds = (this.#settings.clock.monotonic() - this.#startedAt) / 1000;
      this.#emit('run-end', {
        status,
        seconds,
        ...(failure === undefined ? {} : { error: { code: failure.code, message: failure.message } }),
      });
      log.end(failure);
    }
  }

  #emit<Type extends EventType>(type: Type, body: EventBodies[Type]): void {
    const { runId, clock, log, listeners } = this.#settings;
    // A copy: what a listener does to an event must not reach the run.
    const event = frozenCopy({ type, runId, seq: ++this.#seq, time: clock.now(), ...body }) as unknown as RunEvent;
    log.push(event);
    listeners.emit(event, (error, errorBody) => this.#emit(error, errorBody));
  }

  #learners(): { readonly modules: readonly string[]; readonly inline: readonly Learner[] } {
    const modules: string[] = [];
    const inline: Learner[] = [];
    for (const learner of this.#settings.learners) {
      if (learner instanceof URL) modules.push(learner.href);
      else inline.push(checkLearner(learner, 'a learner of the trainer'));
    }
    return { modules, inline };
  }
}

const builtInIds: ReadonlySet<string> = new Set(
  builtInAgents.flatMap(({ questions }) => questions.map(({ id }) => id)),
);

/** Answers to the questions of this library, the last first. */
function decisionsSoFar(journal: Journal): Json {
  const decisions = journal.bodies.flatMap((body) =>
    body.kind === 'decision' && builtInIds.has(body.at.name) ? [{ question: body.at.name, answer: body.answer }] : [],
  );
  return decisions.reverse();
}

/** What the journal keeps of a backend: nothing that could be a secret. */
function factsOfBackend(source: URL | Backend): BackendFacts {
  if (source instanceof URL) return { where: 'child' };
  const { train, predict, dtypes, devices, deterministic } = source.capabilities;
  return {
    name: source.name,
    where: source.origin === undefined ? 'host' : 'child',
    capabilities: { train, predict, dtypes: [...dtypes], devices: [...devices], deterministic },
  };
}

async function runToEnd(session: RunSession, stages: readonly Stage[]): Promise<TrainerOutcome> {
  return finish(session, await runPipeline(session, stages));
}

/** What is told of another run of the store, or why that can't be. */
async function factsOfStored(source: RunStore, agents: readonly Agent[]): Promise<RunFacts | TrainerError> {
  const ended = source.records.findLast(({ body }) => body.kind === 'end')?.body;
  try {
    const { replayStages } = await import('./verify/replay-stages.ts');
    const looked: RunStore = {
      ...source,
      blobs: readOnlyBlobs(source.blobs),
      append: () => Promise.reject(new Error('The journal ends before the run did.')),
    };
    const { session, end } = await replayStages(looked, agents);
    return await factsOf(session, end, ended?.kind === 'end' ? ended.seconds : 0);
  } catch (cause) {
    return new TrainerError(
      'REQUEST_INVALID',
      'Expected a run that has ended to compare the fork with, got one that stopped on the way. Resume it first.',
      { cause },
    );
  }
}

function givenAnswers(
  first: Readonly<Record<string, unknown>>,
  ...later: readonly (Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[])[]
): ReadonlyMap<string, unknown> {
  const given = new Map(Object.entries(first));
  for (const answers of later.flat()) for (const [id, answer] of Object.entries(answers)) given.set(id, answer);
  return given;
}

/** The questions that a paused run told it waits for. */
function pausedQuestions(result: Json): readonly string[] {
  const questions = (result as { readonly questions?: unknown }).questions;
  return Array.isArray(questions) ? (questions as string[]) : [];
}

function asTrainerError(error: unknown): TrainerError {
  if (TrainerError.isInstance(error)) return error;
  return new TrainerError('INTERNAL', `Something failed that should not: ${errorText(error)}.`, {
    cause: error,
  });
}
