import type { ErrorCode } from './errors.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { Reason, Verdict } from './verdict.ts';

/** A question that a paused run waits for. */
export interface OpenQuestion {
  readonly question: string;
  readonly about: string;
  /** What is taken if the run is resumed without an answer. */
  readonly default: Json;
  /** What the answer changes, in plain words. */
  readonly changes: string;
  /** The answers to choose from, where they are few. */
  readonly options?: readonly Json[];
}

/**
 * Ends a run early in an orderly way. It is thrown through a stage and caught by the pipeline alone; it is no error:
 * nothing went wrong.
 */
export class Halt {
  readonly end:
    | {
        readonly status: 'paused';
        readonly code?: ErrorCode;
        readonly why: string;
        readonly questions: readonly OpenQuestion[];
        /** What leaves the request open, where that is why. */
        readonly reason?: Reason;
      }
    | { readonly status: 'declined'; readonly verdict: Verdict };

  constructor(end: Halt['end']) {
    this.end = end;
  }
}
