import { TrainerError } from '../core/errors.ts';
import { createColours, wantsColours } from './colours.ts';
import { type CliIo, type Command, nearestOf, parseCommand } from './command.ts';
import { compareCommand } from './compare.ts';
import { convertCommand } from './convert.ts';
import { deployCommand } from './deploy.ts';
import { evaluateCommand } from './evaluate.ts';
import { exitCodes } from './exit-codes.ts';
import { forkCommand } from './fork.ts';
import { commandHelp, overviewHelp } from './help.ts';
import { inspectCommand } from './inspect.ts';
import { keyCommand } from './key.ts';
import { planCommand } from './plan.ts';
import { predictCommand } from './predict.ts';
import { labelsCommand, promoteCommand, rollbackCommand } from './promote.ts';
import { resumeCommand } from './resume.ts';
import { safeText } from './safe-text.ts';
import { serveCommand } from './serve.ts';
import type { CliServices } from './services.ts';
import { trainCommand } from './train.ts';
import { UsageError } from './usage-error.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';

const commands: readonly Command[] = [
  trainCommand,
  planCommand,
  predictCommand,
  convertCommand,
  serveCommand,
  promoteCommand,
  rollbackCommand,
  labelsCommand,
  keyCommand,
  workerCommand,
  deployCommand,
  inspectCommand,
  resumeCommand,
  forkCommand,
  verifyCommand,
  evaluateCommand,
  compareCommand,
];

/** Names of the arguments of each command that must be there. */
const positionals: Readonly<Record<string, readonly string[]>> = {
  train: ['"PROMPT"'],
  plan: ['"PROMPT"'],
  predict: ['MODEL'],
  convert: ['MODEL'],
  serve: ['MODEL'],
  promote: ['STORE', 'VERSION'],
  rollback: ['STORE'],
  labels: ['STORE'],
  key: ['FILE'],
  worker: [],
  deploy: ['MODEL'],
  inspect: ['MODEL_OR_RUN'],
  resume: ['RUN'],
  verify: ['RUN'],
  fork: ['RUN'],
  evaluate: ['MODEL'],
  compare: ['FIRST', 'SECOND'],
};

/** A store that is served stands in the place of a model. */
const positionalsOf = ({ name }: Command, rest: readonly string[]): readonly string[] =>
  name === 'serve' && rest.some((word) => /^--store(=|$)/.test(word)) ? [] : (positionals[name] ?? []);

/** Runs a command line (without node and script) and gives the exit code; never throws, never ends the process. */
export async function runCli(argv: readonly string[], io: CliIo, services: CliServices): Promise<number> {
  const outColours = createColours(
    wantsColours((io.stdout as { readonly isTTY?: boolean }).isTTY === true, io.environment),
  );
  const colours = createColours(wantsColours(io.stderr.isTTY === true, io.environment));
  const [name, ...rest] = argv;
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${services.version}\n`);
    return exitCodes.complete;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const about = commands.find((command) => command.name === rest[0]);
    io.stdout.write(about ? commandHelp(about, outColours) : overviewHelp(commands, services.version, outColours));
    return exitCodes.complete;
  }
  const command = commands.find((candidate) => candidate.name === name);
  const end = rest.indexOf('--');
  if (command && (end < 0 ? rest : rest.slice(0, end)).some((word) => word === '--help' || word === '-h')) {
    io.stdout.write(commandHelp(command, outColours));
    return exitCodes.complete;
  }
  try {
    if (name === undefined) {
      io.stderr.write(overviewHelp(commands, services.version, colours));
      return exitCodes.usage;
    }
    if (!command) {
      const nearest = nearestOf(
        name,
        commands.map((candidate) => candidate.name),
      );
      throw new UsageError(`Unknown command "${name}".${nearest ? ` Did you mean ${nearest}?` : ''}`);
    }
    return await command.run(parseCommand(command, rest, positionalsOf(command, rest)), io, services);
  } catch (error) {
    const mark = colours.red('✗');
    if (error instanceof UsageError) {
      const help = command ? `traineragent ${command.name} --help` : 'traineragent --help';
      io.stderr.write(
        `${mark} ${safeText(error.message)}\n${command ? `  Usage: traineragent ${command.name} ${command.usage}\n` : ''}  See ${help}\n`,
      );
      return exitCodes.usage;
    }
    // The reader of a pipe that left early has what it wanted.
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return exitCodes.complete;
    if (TrainerError.isInstance(error))
      io.stderr.write(`${mark} ${safeText(error.message)} ${colours.dim(`[${error.code}]`)}\n`);
    else io.stderr.write(`${mark} ${safeText(error instanceof Error ? error.message : String(error))}\n`);
    if (io.environment.TRAINERAGENT_DEBUG === '1' && error instanceof Error) io.stderr.write(`${error.stack ?? ''}\n`);
    return exitCodes.error;
  }
}
