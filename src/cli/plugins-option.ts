import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TrainerError } from '../core/errors.ts';
import { errorText } from '../core/helpers/error-text.ts';
import type { TrainerOptions } from '../trainer.ts';
import type { OptionSpec, ParsedArgs } from './command.ts';

/** The parts of a trainer that a module of the user can give. */
export type PlugIns = Pick<TrainerOptions, (typeof kinds)[number]>;

const kinds = ['agents', 'learners', 'metrics'] as const;

/** The option of commands that train, judge or recompute. */
export const pluginsOption: OptionSpec = {
  type: 'string',
  value: 'FILE',
  about:
    'A JavaScript module whose default export is { agents, learners, metrics }: any of them, as in new Trainer(). Its code runs here.',
};

/** The path of `--plugins`, to be spread into what is asked of the services. */
export function pluginsOf(args: ParsedArgs, cwd: string): { readonly plugins?: string } {
  const path = args.text('plugins');
  return path === undefined ? {} : { plugins: resolve(cwd, path) };
}

/**
 * Loads the module of `--plugins`: its code runs in this process.
 *
 * @throws {TrainerError} PLUGIN_INVALID
 */
export async function loadPlugins(path: string | undefined): Promise<PlugIns> {
  if (path === undefined) return {};
  const form = `Expected --plugins to be a JavaScript module whose default export is an object with ${kinds.join(', ')} (any of them, each a list)`;
  let given: unknown;
  try {
    given = ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (cause) {
    throw new TrainerError('PLUGIN_INVALID', `${form}, but it could not be loaded: ${errorText(cause)}`, { cause });
  }
  if (typeof given !== 'object' || given === null)
    throw new TrainerError(
      'PLUGIN_INVALID',
      `${form}, but it has ${given === undefined ? 'no default export' : `${given === null ? 'null' : `a ${typeof given}`} there`}.`,
    );
  for (const [name, value] of Object.entries(given)) {
    if (!(kinds as readonly string[]).includes(name))
      throw new TrainerError('PLUGIN_INVALID', `${form}, got "${name}".`);
    if (!Array.isArray(value)) throw new TrainerError('PLUGIN_INVALID', `${form}, got "${name}" that is not a list.`);
  }
  return given;
}
