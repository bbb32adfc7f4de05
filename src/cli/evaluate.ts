import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { isError, metricIds } from '../core/task-spec.ts';
import { type Command, type OptionSpec, oneOf, type ParsedArgs } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { pluginsOf, pluginsOption } from './plugins-option.ts';
import { safeLines } from './safe-text.ts';
import type { JudgeCommand } from './services.ts';
import { UsageError } from './usage-error.ts';

/** Options of the commands that judge models on labelled rows. */
export const judgeOptions: Readonly<Record<string, OptionSpec>> = {
  data: { type: 'string', value: 'FILE', about: 'Labelled rows that no model learned from. Required.' },
  metric: { type: 'string', value: 'NAME', about: 'The metric that decides. Default: all, and the first decides.' },
  target: { type: 'string', value: 'COLUMN', about: 'The column of the truth, where the model names another.' },
  group: { type: 'string', value: 'COLUMN', about: 'Rows of equal value belong together, for the intervals.' },
  ordered: { type: 'boolean', about: 'Neighbouring rows depend on each other, for the intervals.' },
  plugins: pluginsOption,
  mapping: { type: 'string', value: 'FILE', about: 'JSON that says how a model that is not ours is called.' },
};

/** `traineragent evaluate`. */
export const evaluateCommand: Command = {
  name: 'evaluate',
  usage: 'MODEL --data FILE [options]',
  about: 'Measure any ONNX model on labelled rows, with intervals.',
  options: {
    ...judgeOptions,
    'at-least': { type: 'string', value: 'N', about: 'Ends with code 5 where --metric is worse (errors: greater).' },
    json: { type: 'boolean', about: 'Print one JSON object on stdout.' },
  },
  notes: [
    'A mapping is {"target", "inputs": {"X": ["column", …]}, "outputs": {"label"|"probabilities"|…}, "classes"}.',
  ],
  async run(args, io, services) {
    const least = numberOf(args, 'at-least');
    const { metric, ...asked } = judgeArgs(args, io.cwd);
    if (least !== undefined && metric === undefined)
      throw new UsageError('Expected --metric NAME together with --at-least, got none.');
    const mapping = await mappingOf(args, 'mapping', io.cwd);
    const model = { path: resolve(io.cwd, args.positionals[0] ?? ''), ...mapping };
    const { text, ...evaluation } = await services.evaluate(model, {
      ...asked,
      ...(metric === undefined ? {} : { metric }),
    });
    const [score] = evaluation.scores;
    // A metric without a value reaches nothing.
    const ok =
      least === undefined ||
      (score?.defined === true && (isError(score.metric) ? score.value <= least : score.value >= least));
    if (args.isSet('json')) io.stdout.write(`${JSON.stringify({ ok, ...evaluation })}\n`);
    else io.stdout.write(safeLines(text));
    if (!ok) {
      const what =
        score?.defined === true ? (isError(score.metric) ? 'greater than' : 'less than') : 'without a value, not';
      io.stderr.write(
        `The score is ${what} the ${least} that was asked, so this ends with code ${exitCodes.checkFailed}.\n`,
      );
    }
    return ok ? exitCodes.complete : exitCodes.checkFailed;
  },
};

/**
 * Reads what the judging commands share.
 *
 * @throws {UsageError}
 */
export function judgeArgs(args: ParsedArgs, cwd: string): JudgeCommand {
  const data = args.text('data');
  if (data === undefined) throw new UsageError('Expected --data FILE, got none.');
  const plugins = pluginsOf(args, cwd);
  // Names of own metrics are known when their module is loaded.
  const metric = plugins.plugins === undefined ? oneOf(args, 'metric', metricIds) : args.text('metric');
  const [target, group] = [args.text('target'), args.text('group')];
  return {
    dataPath: resolve(cwd, data),
    ...plugins,
    ...(metric === undefined ? {} : { metric }),
    ...(target === undefined ? {} : { target }),
    ...(group === undefined ? {} : { group }),
    ...(args.isSet('ordered') ? { ordered: true } : {}),
  };
}

/** A number of an option. @throws {UsageError} */
export function numberOf(args: ParsedArgs, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`Expected --${name} to be a number, got "${text}".`);
  return value;
}

/** The mapping in the file of an option; its form is checked where it is used. */
export async function mappingOf(args: ParsedArgs, name: string, cwd: string): Promise<{ readonly mapping?: unknown }> {
  const path = args.text(name);
  if (path === undefined) return {};
  try {
    return { mapping: JSON.parse(await readFile(resolve(cwd, path), 'utf8')) as unknown };
  } catch (cause) {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected --${name} to be a file of JSON, but ${path} could not be read.`,
      {
        cause,
      },
    );
  }
}
