import { resolve } from 'node:path';
import { createColours, wantsColours } from './colours.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { pluginsOf, pluginsOption } from './plugins-option.ts';
import { safeText } from './safe-text.ts';

/** `traineragent verify`. */
export const verifyCommand: Command = {
  name: 'verify',
  usage: 'RUN',
  about: 'Recompute every number that a run reported, without training.',
  options: { plugins: pluginsOption, json: { type: 'boolean', about: 'Print one JSON object on stdout.' } },
  notes: ['RUN is the folder that train wrote. Ends with code 5 where a number differs.'],
  async run(args, io, services) {
    const folder = resolve(io.cwd, args.positionals[0] ?? '');
    const { checks } = await services.verify(folder, pluginsOf(args, io.cwd));
    const failed = checks.filter((check) => !check.ok);
    const colours = createColours(wantsColours(io.stderr.isTTY === true, io.environment));
    // What is as reported is told by the part of the run that it belongs to: a run has hundreds of numbers.
    const passed = new Map<string, number>();
    for (const { name, ok } of checks) {
      const part = name.split(' ')[0] ?? name;
      if (ok) passed.set(part, (passed.get(part) ?? 0) + 1);
    }
    for (const [part, count] of passed)
      io.stderr.write(`${colours.green('✓')} ${safeText(part, 80)}  ${colours.dim(String(count))}\n`);
    for (const { name, reported, found } of failed)
      io.stderr.write(
        `${colours.red('✗')} ${safeText(name, 80)}  reported ${exact(reported)}, found ${exact(found)}\n`,
      );
    io.stderr.write(`${checks.length - failed.length} of ${checks.length} numbers as reported.\n`);
    // A run without a number to check is no proof of anything.
    const ok = failed.length === 0 && checks.length > 0;
    if (args.isSet('json')) io.stdout.write(`${JSON.stringify({ ok, checks })}\n`);
    return ok ? exitCodes.complete : exitCodes.checkFailed;
  },
};

/** A difference must be seen, however small. */
const exact = (value: number | string): string => (typeof value === 'number' ? String(value) : safeText(value, 80));
