import { TrainerError } from './errors.ts';
import { errorText } from './helpers/error-text.ts';
import { problemText, validate } from './standard-schema.ts';
import { inputOf, type Tool, type ToolContext } from './tool.ts';

/**
 * Calls a tool with what its schemas check.
 *
 * @throws {TrainerError} PLUGIN_INVALID where the input or the output does not fit, or the tool throws
 */
export async function useTool<Input, Output>(
  tool: Tool<Input, Output>,
  input: Input,
  context: ToolContext,
): Promise<Output> {
  const refuse = (what: string, cause?: unknown): never => {
    throw new TrainerError('PLUGIN_INVALID', `Expected tool "${tool.name}" to ${what}`, {
      cause,
      details: { tool: tool.name },
    });
  };
  const schema = await inputOf(tool, context);
  if (schema === undefined)
    return refuse(
      'have something to look at, but its input has no schema yet. Call it after the stages that it reads.',
    );
  const checked = await validate(schema, input);
  if ('problems' in checked) return refuse(`be called with its input, but ${problemText(checked.problems)}.`);
  let output: Output;
  try {
    output = await tool.run(checked.value, context);
  } catch (cause) {
    if (context.signal.aborted || TrainerError.isInstance(cause)) throw cause;
    return refuse(`give an output, but it threw: ${errorText(cause)}`, cause);
  }
  if (tool.output === undefined) return output;
  const result = await validate(tool.output, output);
  if ('problems' in result) return refuse(`give an output of its schema, but ${problemText(result.problems)}.`);
  return result.value;
}
