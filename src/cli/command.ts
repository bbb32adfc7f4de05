import { parseArgs } from 'node:util';
import type { CliServices } from './services.ts';
import { UsageError } from './usage-error.ts';

/** Where a command writes. Progress and what people read go to `stderr`; results go to `stdout`. */
export interface CliIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are shown from. */
  readonly cwd: string;
  /** Milliseconds from any start, never going back. */
  readonly now: () => number;
  /** Calls back on SIGINT and SIGTERM until the returned function is called. */
  onSignal(callback: (signal: 'SIGINT' | 'SIGTERM') => void): () => void;
}

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** For the help: the word of its value. */
  readonly value?: string;
  readonly about: string;
  readonly multiple?: boolean;
}

/** A command of the command line. */
export interface Command {
  readonly name: string;
  /** After the name: `"PROMPT" --data FILE [options]`. */
  readonly usage: string;
  readonly about: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Lines under the options in the help. */
  readonly notes?: readonly string[];
  run(args: ParsedArgs, io: CliIo, services: CliServices): Promise<number>;
}

/** What stood on the command line. */
export interface ParsedArgs {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  isSet(name: string): boolean;
}

/**
 * Parses the arguments of a command.
 *
 * @throws {UsageError} for an unknown option (with the nearest known one), a missing value or too few or many positionals.
 */
export function parseCommand(
  command: Command,
  argv: readonly string[],
  positionalNames: readonly string[],
): ParsedArgs {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple }]) => [
      name,
      { type, ...(multiple ? { multiple: true } : {}) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError(explain(cause, Object.keys(command.options)));
  }
  const { values, positionals } = parsed;
  for (const [name, value] of Object.entries(values)) {
    if (value === '') throw new UsageError(`Expected a value for --${name}, got an empty one.`);
  }
  const missing = positionalNames[positionals.length];
  if (missing !== undefined) throw new UsageError(`Expected ${missing}, got nothing.`);
  if (positionals.length > positionalNames.length) {
    throw new UsageError(
      `Expected ${positionalNames.length === 0 ? 'no argument' : `only ${positionalNames.join(' ')}`}, got ${positionals.length} arguments.${positionalNames[0] === '"PROMPT"' ? ' Put quotes around the prompt.' : ''}`,
    );
  }
  const read = (name: string): unknown => (Object.hasOwn(values, name) ? values[name] : undefined);
  return {
    positionals,
    text: (name) => read(name) as string | undefined,
    texts: (name) => (read(name) as readonly string[] | undefined) ?? [],
    isSet: (name) => read(name) === true,
  };
}

function explain(cause: unknown, known: readonly string[]): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    const nearest = nearestOf(unknown.replace(/^-+/, ''), known);
    return `Unknown option ${unknown}.${nearest ? ` Did you mean --${nearest}?` : ''}`;
  }
  const needsValue = /Option '(?:-\w, )?(--[\w-]+)[^']*' (?:argument missing|argument is ambiguous)/.exec(message)?.[1];
  if (needsValue !== undefined)
    return `Expected a value for ${needsValue}.${message.includes('ambiguous') ? ` For one that begins with a dash, write ${needsValue}=VALUE.` : ''}`;
  const noValue = /Option '(?:-\w, )?(--[\w-]+)' does not take an argument/.exec(message)?.[1];
  if (noValue !== undefined) return `${noValue} takes no value.`;
  return message.split('\n')[0] ?? message;
}

/** The known word at a small edit distance, for "did you mean". */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(word.length >= 4 ? 2 : 1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = candidate.startsWith(word) && word.length >= 3 ? 1 : editDistance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(
          (row[j - 1] ?? 0) + 1,
          (previous[j] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/**
 * A whole number of an option within bounds.
 *
 * @throws {UsageError}
 */
export function wholeNumber(args: ParsedArgs, name: string, least: number, most: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`Expected --${name} to be a whole number from ${least} to ${most}, got "${text}".`);
  return value;
}

/**
 * One of the words that an option may have.
 *
 * @throws {UsageError}
 */
export function oneOf<const Word extends string>(
  args: ParsedArgs,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (found === undefined)
    throw new UsageError(
      `Expected --${name} to be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}, got "${text}".`,
    );
  return found;
}
