import type { BackendFacts } from './backend-facts.ts';
import type { Budget } from './budget.ts';
import type { Clock } from './clock.ts';
import type { DecidedBy, EventBodies } from './events.ts';
import type { ForkOrigin } from './fork-run.ts';
import type { OpenQuestion } from './halt.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { Random } from './helpers/random.ts';
import type { JournalBody } from './journal-record.ts';
import type { MetricFacts } from './metric-scope.ts';
import type { Privacy } from './privacy.ts';
import type { Question } from './question.ts';
import type { CheckedRequest } from './request.ts';
import type { Schema } from './standard-schema.ts';
import type { Tool } from './tool.ts';
import type { Verdict } from './verdict.ts';

/** What the host fixed for a run: the checked request, and which data it named. */
export interface RunInput extends CheckedRequest {
  /** Name of the data for reports: a file name without its folder, or "records"; absent where there are none. */
  readonly dataName?: string;
  readonly hasTestData: boolean;
  /** The host's own metrics. */
  readonly ownMetrics: readonly MetricFacts[];
  /** The drift event that the run is about, where it is about no data. */
  readonly drift?: Json;
  /** The host's own backends, in the order in which it prefers them. */
  readonly ownBackends: readonly BackendFacts[];
  /** Where this run takes another way than the run that it was forked from. */
  readonly fork?: ForkOrigin;
}

/** What a stage may do. Everything is recorded; a resumed run gets the same results by position. */
export interface StageContext {
  readonly runId: string;
  readonly input: RunInput;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Whether a language model is there, and may be shown what needs this level of privacy. */
  mayShow(level: Privacy): boolean;
  /** Names of learners that the host gave as objects: they run on its thread. */
  readonly hostLearners: readonly string[];
  /** What of the data may be shown to others. */
  readonly privacy: Privacy;
  /** Messages of the stages that ran before, by stage name; the latest visit of each. */
  message<T>(stage: string): T | undefined;
  /** Asks a question: given, journal, language model, rule, then the host's deciders. */
  ask<Subject, Answer>(question: Question<string, Subject, Answer>, subject: Subject): Promise<Answer>;
  /** Who took this stage's latest decision of a question. */
  decidedBy(question: string): DecidedBy | undefined;
  /** Calls a tool; ordinals are given at the call, so that calls may overlap. */
  call<Output>(tool: string, input: Json, options?: CallOptions): Promise<Output>;
  /** Calls a tool, on the host's thread; what it gave is recorded. @throws {TrainerError} PLUGIN_INVALID */
  use<Input, Output>(tool: Tool<Input, Output>, input: Input): Promise<Output>;
  /** A value that is made once a run and recorded, such as a look at the clock. */
  once<Value extends Json>(name: string, make: () => Value): Promise<Value>;
  /** A random stream of this stage, by name. */
  random(name: string): Random;
  /** A JSON blob that a tool has stored. */
  blobJson<T>(hash: string): Promise<T>;
  /** Stores JSON as a blob and returns its hash. */
  putJson(value: Json): Promise<string>;
  /** Publishes progress; lossy for slow readers. */
  progress(progress: { readonly share?: number; readonly note?: string }): void;
  /** Publishes a trial; only where the call behind it was made in this process. */
  publish(event: 'trial-start', body: EventBodies['trial-start']): void;
  publish(event: 'trial-end', body: EventBodies['trial-end']): void;
  /** Records the read of the vault before it happens, and says how often these rows were read before by other models. */
  readVault(vaultHash: string, modelHash: string): Promise<number>;
  /** Ends the run as paused with these questions. */
  pause(why: string, questions: readonly OpenQuestion[]): never;
  /** Ends the run as declined. */
  decline(verdict: Verdict): never;
  /** Seconds that this run has taken, over all processes that worked on it. */
  seconds(): number;
  /** What the stages before this one recorded: the same on a first run and on a resumed one. */
  journal(): readonly JournalBody[];
}

/** Options of a tool call. */
export interface CallOptions {
  /** Called when the call really starts (never on resume). */
  readonly onStart?: () => void;
  /** Called when it really ended, with the seconds it took. */
  readonly onEnd?: (output: Json, seconds: number) => void;
  /** Runs on the host's thread: for plug-ins that have no module of their own. */
  readonly onHost?: boolean;
}

/** What a stage gives back. */
export interface StageResult<Message> {
  readonly message: Message;
  /** One line for people. */
  readonly summary: string;
  /** The stage to go to instead of the next one. */
  readonly goTo?: string;
}

/** One step of a run. Stages are data; the pipeline runs them. */
export interface Stage<Message = unknown> {
  /** `agent.step`. */
  readonly name: string;
  readonly agent: string;
  /** Who reads the message. */
  readonly to: string;
  readonly output: Schema<Message>;
  run(context: StageContext): Promise<StageResult<Message>>;
}

/** Declares a stage; the message's type is inferred from its schema. */
export function defineStage<Message>(stage: Stage<Message>): Stage<Message> {
  return stage;
}
