import type { Json } from './helpers/canonical-json.ts';
import type { Privacy } from './privacy.ts';
import type { Schema } from './standard-schema.ts';

/** What a tool may look at: messages of the stages so far, and blobs by their hash. It has no way to change anything. */
export interface ToolContext {
  /** What may be shown of the data: a tool that a language model calls answers within it. */
  readonly privacy: Privacy;
  readonly signal: AbortSignal;
  /** The latest message of a stage, where it has ended. */
  message<T>(stage: string): T | undefined;
  /** A JSON blob that a stage has stored. */
  blobJson<T>(hash: string): Promise<T>;
}

/** A read-only function of an agent, which a language model may call while it answers a question that allows it. */
export interface Tool<Name extends string = string, Input = unknown> {
  /** Lower-case words with hyphens. */
  readonly name: Name;
  /** One sentence: what it tells. */
  readonly about: string;
  /**
   * The closed schema of its input: ids of what exists, enums, bounded numbers. Undefined where there is nothing to look at
   * yet; the tool is then not offered.
   */
  input(context: ToolContext): Schema<Input> | undefined | Promise<Schema<Input> | undefined>;
  /** Plain JSON; texts in it are redacted besides. One that throws is told as failed, and the run goes on. */
  run(input: Input, context: ToolContext): Json | Promise<Json>;
}
