import type { Colours } from './colours.ts';
import type { Command, OptionSpec } from './command.ts';

const column = 26;

/** The help of one command. */
export function commandHelp(command: Command, colours: Colours): string {
  const options: Readonly<Record<string, OptionSpec>> = {
    ...command.options,
    help: { type: 'boolean', about: 'Show this help.' },
  };
  const lines = Object.entries(options).map(([name, option]) => {
    const left = `--${name}${option.type === 'string' ? ` ${option.value ?? 'VALUE'}` : ''}${option.multiple ? ' …' : ''}`;
    return `  ${left.padEnd(column)}${left.length >= column ? `\n${' '.repeat(column + 2)}` : ''}${option.about}`;
  });
  return [
    command.about,
    '',
    `${colours.bold('Usage')}  traineragent ${command.name} ${command.usage}`,
    '',
    ...lines,
    ...(command.notes ? ['', ...command.notes] : []),
    '',
  ].join('\n');
}

/** The help of the whole command line. */
export function overviewHelp(commands: readonly Command[], version: string, colours: Colours): string {
  const width = Math.max(...commands.map((command) => command.name.length)) + 2;
  return [
    `traineragent ${version}: say what you need, hand over data, get a trained and measured model.`,
    '',
    `${colours.bold('Usage')}  traineragent COMMAND [options]`,
    '',
    ...commands.map((command) => `  ${colours.cyan(command.name.padEnd(width))}${command.about}`),
    '',
    '  traineragent COMMAND --help   what a command takes',
    '  traineragent --version',
    '',
    colours.dim('Exit codes: 0 done, 1 error, 2 usage, 3 declined, 4 paused, 5 a check failed.'),
    '',
  ].join('\n');
}
