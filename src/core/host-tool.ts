import { TrainerError } from './errors.ts';
import { errorText } from './helpers/error-text.ts';
import { problemText, type Schema, validate } from './standard-schema.ts';

/** What a tool may use beside its input. */
export interface HostToolContext {
  readonly signal: AbortSignal;
}

/**
 * A typed function that an agent calls. Each call is recorded with its input and output, told as an event, and not made again
 * when a run is resumed. It runs on the host's thread, and events say so.
 */
export interface HostTool<Input = never, Output = unknown> {
  /** `agent.tool`, as events show it. */
  readonly name: string;
  /** One sentence for people. */
  readonly about: string;
  readonly input: Schema<Input>;
  /** What it gives: plain JSON. */
  readonly output: Schema<Output>;
  run(input: Input, context: HostToolContext): Promise<Output> | Output;
}

/**
 * Declares a tool; the types of its input and output are inferred from the schemas.
 *
 * @example
 * const exchangeRate = defineTool({ name: 'finance.rate', about: 'Looks a rate up.', input, output, run });
 * const { rate } = await context.use(exchangeRate, { from: 'EUR', to: 'USD' });
 */
export function defineTool<Input, Output>(tool: HostTool<Input, Output>): HostTool<Input, Output> {
  return tool;
}

/**
 * Calls a tool with what its schemas check.
 *
 * @throws {TrainerError} PLUGIN_INVALID where the input or the output does not fit, or the tool throws
 */
export async function callTool<Input, Output>(
  tool: HostTool<Input, Output>,
  input: Input,
  signal: AbortSignal,
): Promise<Output> {
  const refuse = (what: string, cause?: unknown): never => {
    throw new TrainerError('PLUGIN_INVALID', `Expected tool "${tool.name}" to ${what}`, {
      cause,
      details: { tool: tool.name },
    });
  };
  const checked = await validate(tool.input, input);
  if ('problems' in checked) return refuse(`be called with its input, but ${problemText(checked.problems)}.`);
  let output: Output;
  try {
    output = await tool.run(checked.value, { signal });
  } catch (cause) {
    if (signal.aborted || TrainerError.isInstance(cause)) throw cause;
    return refuse(`give an output, but it threw: ${errorText(cause)}`, cause);
  }
  const result = await validate(tool.output, output);
  if ('problems' in result) return refuse(`give an output of its schema, but ${problemText(result.problems)}.`);
  return result.value;
}
