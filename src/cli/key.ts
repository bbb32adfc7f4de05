import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createApiKey, type KeyScope, parseKeys } from '../tools/serve/api-keys.ts';
import { type Command, oneOf } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { UsageError } from './usage-error.ts';
import { writeWhole } from './write-file.ts';

/** `traineragent key`. */
export const keyCommand: Command = {
  name: 'key',
  usage: 'FILE --name NAME [--scope SCOPE]',
  about: 'Make a key for a served model, and add its hash to a file.',
  options: {
    name: { type: 'string', value: 'NAME', about: 'Who uses it; it is in the log. Required.' },
    scope: { type: 'string', value: 'SCOPE', about: 'predict, outcomes, metrics or admin. Default: predict.' },
  },
  notes: ['The key is written to stdout, once; the file holds its hash alone. `serve --keys FILE` reads it.'],
  async run(args, io) {
    const name = args.text('name');
    if (name === undefined) throw new UsageError('Expected --name NAME, got none.');
    const scope: KeyScope = oneOf(args, 'scope', ['predict', 'outcomes', 'metrics', 'admin']) ?? 'predict';
    const path = resolve(io.cwd, args.positionals[0] ?? '');
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{"keys": []}';
      throw error;
    });
    const keys = parseKeys(text);
    if (keys.some((known) => known.name === name))
      throw new UsageError(`Expected a new name, got "${name}", which a key of the file has. Choose another.`);
    const { key, stored } = createApiKey(name, [scope]);
    await writeWhole(path, `${JSON.stringify({ keys: [...keys, stored] }, undefined, 2)}\n`);
    io.stdout.write(`${key}\n`);
    io.stderr.write(
      `Added ${safeText(name)} (${scope}) to ${safeText(args.positionals[0] ?? '')}. The key is shown this once.\n`,
    );
    return exitCodes.complete;
  },
};
