import { join, resolve } from 'node:path';
import type { Json } from '../core/helpers/canonical-json.ts';
import type { Command } from './command.ts';
import { followRun } from './follow-run.ts';
import { llmOption, parseLlm } from './llm-option.ts';
import { pluginsOf, pluginsOption } from './plugins-option.ts';
import { fullAnswer } from './short-answers.ts';
import { refuseUsedFolder } from './train.ts';
import { UsageError } from './usage-error.ts';

/** `traineragent fork`. */
export const forkCommand: Command = {
  name: 'fork',
  usage: 'RUN --at QUESTION --answer JSON [options]',
  about: 'Ask what if: take one decision of a run another way, in a new run.',
  options: {
    at: { type: 'string', value: 'QUESTION', about: 'The decision, such as model.candidates. Required.' },
    answer: { type: 'string', value: 'JSON', about: 'The answer to take instead. Required.' },
    out: { type: 'string', value: 'DIR', about: 'A folder for the results. Default: traineragent-out/RUN_ID.' },
    llm: llmOption,
    plugins: pluginsOption,
    json: { type: 'boolean', about: 'Print one JSON object on stdout at the end.' },
  },
  notes: [
    'RUN is the folder that train wrote; it is left as it is. What it recorded before the decision is not done again.',
    'Shows both runs side by side at the end, and how often the test rows were read.',
  ],
  async run(args, io, services) {
    const at = args.text('at');
    const text = args.text('answer');
    if (at === undefined) throw new UsageError('Expected --at QUESTION, got none.');
    if (text === undefined) throw new UsageError('Expected --answer JSON, got none.');
    const source = resolve(io.cwd, args.positionals[0] ?? '');
    const runId = services.newRunId();
    const folder = resolve(io.cwd, args.text('out') ?? join('traineragent-out', runId));
    await refuseUsedFolder(folder);
    const llm = parseLlm(args.text('llm'), io.cwd);
    const run = await services.fork(join(source, 'run'), join(folder, 'run'), {
      runId,
      at,
      answer: fullAnswer(at, parseAnswer(text)),
      ...(llm === undefined ? {} : { llm }),
      ...pluginsOf(args, io.cwd),
    });
    return followRun(run, {
      io,
      folder,
      json: args.isSet('json'),
      async behind() {
        const { text: table, ...comparison } = await run.comparison();
        return { text: table, json: { comparison } };
      },
    });
  },
};

function parseAnswer(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // an answer of one word needs no quotes
  }
}
