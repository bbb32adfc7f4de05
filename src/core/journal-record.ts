import type { DecidedBy } from './events.ts';
import type { Json } from './helpers/canonical-json.ts';
import type { LlmSpent } from './llm-budget.ts';

/** Where in a run something was asked or called: a resumed run finds its results by it. */
export interface Position {
  readonly stage: string;
  /** Which time the stage runs, from 1. */
  readonly visit: number;
  /** Question or tool. */
  readonly name: string;
  /** Which time this stage asks or calls that name, from 0. */
  readonly ordinal: number;
}

/** The body of a journal record. Nothing in it is a cell value; those are in blobs. */
export type JournalBody =
  | {
      readonly kind: 'run';
      readonly formatVersion: 1;
      readonly runId: string;
      readonly version: string;
      readonly time: number;
      readonly request: Json;
      /** The run that this one takes another way from a decision on; what it recorded before follows. */
      readonly fork?: { readonly runId: string; readonly at: Position; readonly answer: Json };
    }
  | { readonly kind: 'resume'; readonly time: number; readonly answers: Readonly<Record<string, Json>> }
  | {
      readonly kind: 'decision';
      readonly at: Position;
      readonly facts: Json;
      readonly answer: Json;
      readonly by: DecidedBy;
      readonly why: string;
      readonly fallback?: string;
    }
  | {
      readonly kind: 'call';
      readonly at: Position;
      readonly input: Json;
      readonly output: Json;
      readonly seconds: number;
    }
  | {
      readonly kind: 'model-call';
      readonly at: Position;
      /** What was to be sent. */
      readonly outbound: string;
      /** What the host let leave instead. */
      readonly sent?: string;
      readonly reply: Json;
      /** The model that answered, where several could have. */
      readonly model?: string;
      /** Absent in journals of 0.1.0 before calls were counted. */
      readonly spent?: LlmSpent;
    }
  | { readonly kind: 'note'; readonly at: Position; readonly value: Json }
  | {
      readonly kind: 'message';
      readonly stage: string;
      readonly visit: number;
      readonly summary: string;
      readonly body: Json;
    }
  | { readonly kind: 'vault-read'; readonly modelHash: string; readonly count: number }
  | {
      readonly kind: 'end';
      readonly status: 'complete' | 'declined' | 'paused';
      readonly time: number;
      readonly seconds: number;
      readonly result: Json;
    };

/** A record as it was read: its number from 1, and its body. */
export interface JournalRecord {
  readonly record: number;
  readonly body: JournalBody;
}
