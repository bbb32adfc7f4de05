import type { Json } from './helpers/canonical-json.ts';
import type { Prompt } from './prompt.ts';
import type { Problem, Schema } from './standard-schema.ts';
import type { Reason } from './verdict.ts';

/** A rule's answer, with one sentence that says why. */
export interface RuleAnswer<Answer> {
  readonly answer: Answer;
  readonly why: string;
  /** The rule found nothing to go by and took the default: a language model or a host may know better. */
  readonly unsure?: boolean;
}

/**
 * One choice that the system may face, as data. Subject is what the asking stage knows (typed), facts what may be told
 * of it (plain JSON), Answer the closed form of an answer.
 */
export interface Question<Id extends string = string, Subject = never, Answer = unknown> {
  readonly id: Id;
  /** One sentence: what is chosen. */
  readonly about: string;
  /** What is known, as plain JSON, for the journal and for deciders. No cell values. */
  facts(subject: Subject): Json;
  /**
   * What a language model is told, fact by fact: from which level of privacy on, and in which order they are cut where there
   * are too many. Texts are redacted besides. @default `about`, and the members of `facts` in their order
   */
  readonly prompt?: Prompt<Subject>;
  /** Names of the agent's tools that a language model may call while it answers. @default none */
  readonly tools?: readonly string[];
  /** Calls of tools for one answer, at most 10. @default 3 */
  readonly maxToolCalls?: number;
  /** The closed schema of an answer: ids of what exists, enums, bounded numbers. */
  answer(subject: Subject): Schema<Answer>;
  /** The default answer: always there, always valid. */
  rule(subject: Subject): RuleAnswer<Answer>;
  /** What a schema can't say. */
  check?(answer: Answer, subject: Subject): readonly Problem[];
  /**
   * When a language model is asked: `always` where the choice is scored on validation data or a model may overrule the
   * rule, `unsure` where it only fills what the rule left unknown.
   */
  readonly language: 'always' | 'unsure';
  /**
   * Where the rule is unsure and nobody else answers, the run pauses instead of taking the default; resumed without an
   * answer, it takes it. Says what the answer changes, and what there is to choose from.
   */
  readonly open?: (subject: Subject) => {
    readonly changes: string;
    readonly options?: readonly Json[];
    /** Why it has to be asked, as a reason of the verdict. */
    readonly reason?: Reason;
  };
}

/** A question of any subject and answer, for collections. */
// biome-ignore lint/suspicious/noExplicitAny: method parameters of a heterogeneous collection
export type AnyQuestion = Question<string, any, any>;

/** The answer type of a question. */
export type AnswerOf<Q> = Q extends { answer(subject: never): Schema<infer Answer> } ? Answer : never;

/** Declares a question; the types of its subject and answer are inferred. */
export function defineQuestion<const Id extends string, Subject, Answer>(
  question: Question<Id, Subject, Answer>,
): Question<Id, Subject, Answer> {
  return question;
}
