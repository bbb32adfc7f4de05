import { join, resolve } from 'node:path';
import type { Json } from '../core/helpers/canonical-json.ts';
import type { Command } from './command.ts';
import { followRun } from './follow-run.ts';
import { llmOption, parseLlm } from './llm-option.ts';
import { pluginsOf, pluginsOption } from './plugins-option.ts';
import { fullAnswer } from './short-answers.ts';
import { UsageError } from './usage-error.ts';

/** `traineragent resume`. */
export const resumeCommand: Command = {
  name: 'resume',
  usage: 'RUN [--answer QUESTION=VALUE]…',
  about: 'Go on with a run that was paused, aborted or killed.',
  options: {
    answer: {
      type: 'string',
      value: 'QUESTION=VALUE',
      multiple: true,
      about: 'Answer a question that the run waits for.',
    },
    llm: llmOption,
    plugins: pluginsOption,
    json: { type: 'boolean', about: 'Print one JSON object on stdout at the end.' },
  },
  notes: ['RUN is the folder that train wrote. A VALUE that is JSON is read as JSON, any other as text.'],
  async run(args, io, services) {
    const folder = resolve(io.cwd, args.positionals[0] ?? '');
    const answers = parseAnswers(args.texts('answer'));
    const llm = parseLlm(args.text('llm'), io.cwd);
    const run = await services.resume(join(folder, 'run'), answers, {
      ...(llm === undefined ? {} : { llm }),
      ...pluginsOf(args, io.cwd),
    });
    return followRun(run, { io, folder, json: args.isSet('json') });
  },
};

/**
 * Reads `QUESTION=VALUE` pairs.
 *
 * @throws {UsageError} where there is no "=", no question, or two answers to one
 */
function parseAnswers(texts: readonly string[]): Readonly<Record<string, Json>> {
  const answers = new Map<string, Json>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at <= 0) throw new UsageError(`Expected --answer QUESTION=VALUE, got "${text}".`);
    const question = text.slice(0, at);
    if (answers.has(question)) throw new UsageError(`Expected one answer to ${question}, got two.`);
    answers.set(question, fullAnswer(question, parseValue(text.slice(at + 1))));
  }
  return Object.fromEntries(answers);
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON, so it is the text itself: `--answer task.target=species` needs no quotes.
    return text;
  }
}
