import type { DecidedBy } from './events.ts';
import type { Json } from './helpers/canonical-json.ts';

/** What a decider is shown. */
export interface Proposal<Answer = unknown> {
  readonly runId: string;
  readonly stage: string;
  readonly question: string;
  readonly about: string;
  /** The answer that will be taken unless the decider says otherwise. */
  readonly proposal: Answer;
  readonly by: DecidedBy;
  readonly why: string;
  readonly facts: Json;
  /** Ends when the decider's time is over or the run is aborted. */
  readonly signal: AbortSignal;
}

/** What a decider answers. */
export type Action<Answer = unknown> =
  | { readonly action: 'accept' }
  | { readonly action: 'replace'; readonly answer: Answer; readonly why?: string }
  | { readonly action: 'retry'; readonly feedback: string }
  | { readonly action: 'pause'; readonly why?: string }
  | { readonly action: 'stop'; readonly why?: string };

/** The host's say in a decision. One that throws, answers no action, or takes too long pauses the run. */
export type Decider<Answer = unknown> = (proposal: Proposal<Answer>) => Action<Answer> | Promise<Action<Answer>>;

/** Takes the proposal as it is. */
export const accept = (): { readonly action: 'accept' } => ({ action: 'accept' });

/** Takes another answer; it is checked as any answer is. */
export const replace = <Answer>(
  answer: Answer,
  why?: string,
): { readonly action: 'replace'; readonly answer: Answer; readonly why?: string } =>
  why === undefined ? { action: 'replace', answer } : { action: 'replace', answer, why };

/** Asks the language model again with this feedback (twice at most). */
export const retry = (feedback: string): { readonly action: 'retry'; readonly feedback: string } => ({
  action: 'retry',
  feedback,
});

/** Ends the run as paused; it can be resumed, in another process too. */
export const pause = (why?: string): { readonly action: 'pause'; readonly why?: string } =>
  why === undefined ? { action: 'pause' } : { action: 'pause', why };

/** Ends the run as declined, reason STOPPED_BY_HOST. */
export const stop = (why?: string): { readonly action: 'stop'; readonly why?: string } =>
  why === undefined ? { action: 'stop' } : { action: 'stop', why };
