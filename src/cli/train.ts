import { readdir, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { type ModelForm, modelForms } from '../core/helpers/model-forms.ts';
import { type Command, oneOf, type ParsedArgs, wholeNumber } from './command.ts';
import { followRun, hasProgress, isAbort } from './follow-run.ts';
import { llmOption, parseLlm } from './llm-option.ts';
import { pluginsOf, pluginsOption } from './plugins-option.ts';
import type { TrainCommand } from './services.ts';
import { UsageError } from './usage-error.ts';

/** Options that say what is to be trained, shared by the commands that take a request. */
export const requestOptions = {
  data: { type: 'string', value: 'FILE', about: 'CSV, TSV, JSON, NDJSON or Parquet. Required.' },
  target: { type: 'string', value: 'COLUMN', about: 'The column to predict, where the prompt leaves it open.' },
  seed: { type: 'string', value: 'N', about: 'The same seed gives the same model. Default: 0.' },
  budget: { type: 'string', value: 'NAME', about: 'quick, normal or thorough. Default: normal.' },
  encoding: {
    type: 'string',
    value: 'NAME',
    about: 'utf-8, utf-16le, utf-16be or windows-1252. Default: found from the bytes.',
  },
  delimiter: { type: 'string', value: 'TEXT', about: 'What separates fields. Default: found from the text.' },
  form: {
    type: 'string',
    value: 'LIST',
    about: `Forms to have the model in: ${modelForms.join(', ')}. Default: what the prompt asks for.`,
  },
  llm: llmOption,
  plugins: pluginsOption,
} as const satisfies Command['options'];

/**
 * Reads what is to be trained.
 *
 * @throws {UsageError}
 */
export function trainRequest(args: ParsedArgs, cwd: string): Omit<TrainCommand, 'runId'> {
  const prompt = args.positionals[0] ?? '';
  const data = args.text('data');
  if (data === undefined) throw new UsageError('Expected --data FILE, got none.');
  if (prompt.trim() === '') throw new UsageError('Expected a prompt that says what to predict, got an empty one.');
  const target = args.text('target');
  const seed = wholeNumber(args, 'seed', 0, 4_294_967_295);
  const budget = oneOf(args, 'budget', ['quick', 'normal', 'thorough']);
  const encoding = oneOf(args, 'encoding', ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252']);
  const delimiter = args.text('delimiter');
  const forms = formsOf(args.text('form'));
  const llm = parseLlm(args.text('llm'), cwd);
  return {
    prompt,
    dataPath: resolve(cwd, data),
    ...(target === undefined ? {} : { target }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(seed === undefined ? {} : { seed }),
    ...(budget === undefined ? {} : { budget }),
    ...(forms === undefined ? {} : { forms }),
    ...(llm === undefined ? {} : { llm }),
    ...pluginsOf(args, cwd),
  };
}

/** Names with commas between them. */
function formsOf(list: string | undefined): readonly ModelForm[] | undefined {
  return list
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const form = modelForms.find((known) => known === name);
      if (form !== undefined) return form;
      throw new UsageError(
        `Expected --form to be of ${modelForms.join(', ')}, with commas between them, got "${name}".`,
      );
    });
}

/** `traineragent train`. */
export const trainCommand: Command = {
  name: 'train',
  usage: '"PROMPT" --data FILE [options]',
  about: 'Train a model from a sentence and a data file.',
  options: {
    ...requestOptions,
    out: { type: 'string', value: 'DIR', about: 'A folder for the results. Default: traineragent-out/RUN_ID.' },
    json: { type: 'boolean', about: 'Print one JSON object on stdout at the end.' },
  },
  notes: [
    'Writes model.onnx, card.json, card.md, report.html and run/ (the journal), and the other forms that were asked for.',
    'Progress goes to stderr.',
  ],
  async run(args, io, services) {
    const asked = trainRequest(args, io.cwd);
    const runId = services.newRunId();
    const folder = resolve(io.cwd, args.text('out') ?? join('traineragent-out', runId));
    await refuseUsedFolder(folder);
    const run = await services.train({ runId, ...asked }, join(folder, 'run'));
    try {
      return await followRun(run, { io, folder, json: args.isSet('json') });
    } catch (error) {
      // A name that was mistyped must not take the folder away from the run that is meant.
      if (isOwn(error) && !(await hasProgress(folder))) await removeRun(folder);
      throw error;
    }
  },
};

/** Whether what is in the folder is of the run that failed, and of no use: another process may have begun one in it meanwhile. */
const isOwn = (error: unknown): boolean =>
  !isAbort(error) && !(TrainerError.isInstance(error) && error.code === 'RUN_LOCKED');

/** Takes away the folder that a run has made, with what else is in it kept. */
async function removeRun(folder: string): Promise<void> {
  await rm(join(folder, 'run'), { recursive: true, force: true }).catch(() => undefined);
  await rmdir(folder).catch(() => undefined); // not where there is more in it
}

/** A folder that has a run, or a file in its place, is never written over. */
export async function refuseUsedFolder(folder: string): Promise<void> {
  try {
    const names = await readdir(folder);
    const used = names.find((name) => ['run', 'model.onnx', 'card.json', 'report.html'].includes(name));
    if (used !== undefined) {
      throw new UsageError(
        `Expected --out to be a folder without a run in it, but ${folder} has "${used}". Choose another folder, or go on with: traineragent resume ${folder}`,
      );
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new UsageError(`Expected --out to be a folder, but ${folder} is a file.`);
    throw error;
  }
}
