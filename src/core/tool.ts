import type { Privacy } from './privacy.ts';
import type { Schema } from './standard-schema.ts';

/** What a tool may look at: messages of the stages so far, and blobs by their hash. It has no way to change the run. */
export interface ToolContext {
  /** What may be shown of the data: a tool that a language model calls answers within it. */
  readonly privacy: Privacy;
  readonly signal: AbortSignal;
  /** The latest message of a stage, where it has ended. */
  message<T>(stage: string): T | undefined;
  /** A JSON blob that a stage has stored. */
  blobJson<T>(hash: string): Promise<T>;
}

/**
 * A typed function that an agent's code calls by `context.use`, and that a language model may call while it answers a question
 * that names it (it should only look then, not change anything). Each call is recorded with its input and output, told as an
 * event, and not made again when a run is resumed. It runs on the host's thread, and events say so.
 */
export interface Tool<Input = unknown, Output = unknown> {
  /** Letters, digits, `-` and `_`, as events show it; code alone may also call one with dots in its name. */
  readonly name: string;
  /** One sentence: what it does or tells. */
  readonly about: string;
  /**
   * The schema of its input, or a function that makes it of what the run knows: then closed, of ids of what exists, enums and
   * bounded numbers. Undefined where there is nothing to look at yet; the tool is not offered then.
   */
  readonly input:
    | Schema<Input>
    | ((context: ToolContext) => Schema<Input> | undefined | Promise<Schema<Input> | undefined>);
  /** What it gives. @default any plain JSON */
  readonly output?: Schema<Output>;
  /**
   * Gives plain JSON. Texts in it are redacted before a language model sees them; one that throws is told to the model as
   * failed, and ends the run where code has called it.
   */
  run(input: Input, context: ToolContext): Promise<Output> | Output;
}

/**
 * Declares a tool; the types of its input and output are inferred from the schemas.
 *
 * @example
 * const exchangeRate = defineTool({ name: 'exchange-rate', about: 'Looks a rate up.', input, output, run });
 * const { rate } = await context.use(exchangeRate, { from: 'EUR', to: 'USD' }); // or `tools: [exchangeRate]` of an agent
 */
export function defineTool<Input, Output>(tool: Tool<Input, Output>): Tool<Input, Output> {
  return tool;
}

/** The schema of a tool's input; undefined where there is nothing to look at yet. */
export async function inputOf<Input>(
  tool: Tool<Input, unknown>,
  context: ToolContext,
): Promise<Schema<Input> | undefined> {
  // Schemas of some libraries are functions too.
  return '~standard' in tool.input ? tool.input : tool.input(context);
}
