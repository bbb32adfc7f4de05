import type { AnyQuestion } from '../core/question.ts';
import type { Stage, StageContext, StageResult } from '../core/stage.ts';
import type { Tool } from '../core/tool.ts';

/** A say of an agent after a stage of another: it may ask its own questions, decline or pause the run. */
export interface Consultation {
  /** The stage after which it is consulted. */
  readonly after: string;
  /** Returns one line for people, or nothing. */
  run(context: StageContext): Promise<string | undefined> | string | undefined;
}

/** Runs around a step: `next()` runs the step as it was, and may be left out or followed. */
export type Around = (
  context: StageContext,
  next: () => Promise<StageResult<unknown>>,
) => Promise<StageResult<unknown>>;

/**
 * An agent: who it is, what it knows, what it may be asked, and the steps it takes. Memory is the journal, perception a
 * question's `facts`, planning a question whose answer is a list of steps, action the tools it calls.
 */
export interface Agent<
  Name extends string = string,
  Questions extends readonly AnyQuestion[] = readonly AnyQuestion[],
> {
  readonly name: Name;
  /** Role and limits: the system prompt of its questions. */
  readonly profile: string;
  /** Standard operating procedures, Markdown. */
  readonly knowledge?: string;
  readonly questions: Questions;
  /** What a language model may look at while it answers questions that name it. */
  readonly tools?: readonly Tool[];
  /** Its steps. One of the name of a built-in stage takes that stage's place. */
  readonly stages?: readonly Stage[];
  readonly consultations?: readonly Consultation[];
  /** Code around steps, by the step's name; see `extendAgent`. */
  readonly around?: Readonly<Record<string, Around>>;
}

/**
 * Declares an agent; the ids and answers of its questions become known to `trainer.decide`.
 *
 * @example
 * const compliance = defineAgent({ name: 'compliance', profile: '…', questions: [allowed], consultations: [{ after: 'task.plan', run }] });
 */
export function defineAgent<const Name extends string, const Questions extends readonly AnyQuestion[]>(
  agent: Agent<Name, Questions>,
): Agent<Name, Questions> {
  return agent;
}
