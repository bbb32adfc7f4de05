import type { ModelTool, ModelUsage } from '../llm/language-model.ts';
import type { ErrorCode } from './errors.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { LlmSpent } from './llm-budget.ts';

/** Who gave an answer. */
export type DecidedBy = 'given' | 'llm' | 'rule' | 'host';

/** How a run ended, as `run-end` tells it; `planned` is the end of `trainer.plan`. */
export type RunStatus = 'complete' | 'planned' | 'declined' | 'paused' | 'aborted' | 'failed';

/** What each event carries beside its type, number and time. */
export interface EventBodies {
  'run-start': {
    readonly resumed: boolean;
    readonly prompt: string;
    readonly seed: number;
    readonly workUnits: number;
  };
  'stage-start': { readonly stage: string; readonly agent: string; readonly visit: number };
  'stage-progress': {
    readonly stage: string;
    /** Share done, 0 to 1, where it is known. */
    readonly share?: number;
    readonly note?: string;
    /** Progress events that this reader was too slow for, just before this one. */
    readonly lost?: number;
  };
  'stage-end': { readonly stage: string; readonly agent: string; readonly visit: number; readonly seconds: number };
  message: {
    readonly stage: string;
    readonly from: string;
    readonly to: string;
    readonly summary: string;
    readonly body: Json;
  };
  decision: {
    readonly stage: string;
    readonly question: string;
    readonly ordinal: number;
    readonly answer: Json;
    readonly by: DecidedBy;
    readonly why: string;
    /** Why a language model's answer was not used. */
    readonly fallback?: string;
  };
  'decision-pending': {
    readonly stage: string;
    readonly question: string;
    readonly proposal: Json;
    readonly why: string;
  };
  'model-call': {
    readonly stage: string;
    readonly question: string;
    readonly model: string;
    readonly phase: 'request' | 'reply' | 'error';
    /** The exact text that leaves, before it leaves (phase `request`). */
    readonly outbound?: string;
    /** The system prompt that leaves with it (phase `request`). */
    readonly system?: string;
    /** The JSON Schema of the answer that leaves with it (phase `request`). */
    readonly schema?: Readonly<Record<string, unknown>>;
    /** Tools that it may call by the provider's protocol (phase `request`). */
    readonly tools?: readonly ModelTool[];
    /** Facts that did not fit: items that are left out, by fact (phase `request`). */
    readonly leftOut?: Readonly<Record<string, number>>;
    /** The model that answered, where several could have. */
    readonly answeredBy?: string;
    /** Tokens as the provider counts them; absent where it does not say. */
    readonly usage?: ModelUsage;
    /** Absent where no prices are known. */
    readonly costUsd?: number;
    /** Tries of this call that failed on the way. */
    readonly retries?: number;
    /** All calls of this run so far, those before a resume included. */
    readonly total?: LlmSpent;
    readonly error?: string;
  };
  'tool-call': {
    readonly stage: string;
    readonly tool: string;
    readonly ordinal: number;
    readonly where: 'child' | 'host';
    readonly phase: 'start' | 'end' | 'restart';
    readonly seconds?: number;
    /** The question for which a language model called it; absent where a stage did. */
    readonly question?: string;
    /** What it was called with, where a language model did. */
    readonly input?: Json;
    /** Why it gave nothing, where a language model called it. */
    readonly error?: string;
  };
  'trial-start': {
    readonly trial: number;
    readonly learner: string;
    readonly configuration: Json;
    readonly rung: number;
  };
  'trial-end': {
    readonly trial: number;
    readonly learner: string;
    readonly rung: number;
    readonly metric: string;
    readonly score: number;
    readonly best: boolean;
    readonly workUnits: number;
    readonly seconds: number;
    readonly failed?: string;
  };
  checkpoint: { readonly record: number };
  'listener-error': { readonly event: string; readonly error: string };
  'run-end': {
    readonly status: RunStatus;
    readonly seconds: number;
    readonly error?: { readonly code: ErrorCode; readonly message: string };
  };
}

/** The name of an event. */
export type EventType = keyof EventBodies;

/** Answers by the id of their question, as far as they are known. */
type Answers = Readonly<Record<string, unknown>>;

/** An event body whose answer has the type that its question has. */
type Answered<Body, By extends Answers, Field extends string> = {
  readonly [Id in keyof By & string]: Omit<Body, 'question' | Field> & { readonly question: Id } & {
    readonly [F in Field]: Plain<By[Id]>;
  };
}[keyof By & string];

/** A value as JSON has it; of an interface an object type, so that it is {@link Json} too. */
type Plain<T> = unknown extends T ? Json : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T;

/** What the events carry, where the questions are known. */
interface AnsweredBodies<By extends Answers> {
  readonly decision: Answered<EventBodies['decision'], By, 'answer'>;
  readonly 'decision-pending': Answered<EventBodies['decision-pending'], By, 'proposal'>;
}

interface EventHead<Type extends EventType> {
  readonly type: Type;
  readonly runId: string;
  /** Counts up by one an event within a run of this process. */
  readonly seq: number;
  /** Milliseconds since 1970 of the injected clock. */
  readonly time: number;
}

/**
 * One event of a trainer whose questions are known: `decision` and `decision-pending` tell by `question` what their answer
 * is. It is a {@link RunEvent} too.
 */
export type TrainerEvent<By extends Answers, Type extends EventType = EventType> = {
  readonly [T in Type]: EventHead<T> & (T extends keyof AnsweredBodies<By> ? AnsweredBodies<By>[T] : EventBodies[T]);
}[Type];

/** One event: something that happened. Changing it changes nothing. */
export type RunEvent<Type extends EventType = EventType> = {
  readonly [T in Type]: EventHead<T> & EventBodies[T];
}[Type];
