import { resolve } from 'node:path';
import type { Command } from './command.ts';
import { judgeArgs, judgeOptions, mappingOf, numberOf } from './evaluate.ts';
import { exitCodes } from './exit-codes.ts';
import { safeLines } from './safe-text.ts';

/** `traineragent compare`. */
export const compareCommand: Command = {
  name: 'compare',
  usage: 'FIRST SECOND --data FILE [options]',
  about: 'Compare two ONNX models on the same labelled rows.',
  options: {
    ...judgeOptions,
    'second-mapping': { type: 'string', value: 'FILE', about: 'The same for SECOND. Default: that of --mapping.' },
    margin: {
      type: 'string',
      value: 'N',
      about: 'How much worse SECOND may be; it must then be shown to be no worse than that.',
    },
    json: { type: 'boolean', about: 'Print one JSON object on stdout.' },
  },
  notes: ['Ends with code 5 where SECOND is worse by the whole interval of the first metric.'],
  async run(args, io, services) {
    const margin = numberOf(args, 'margin');
    const asked = judgeArgs(args, io.cwd);
    const mapping = await mappingOf(args, 'mapping', io.cwd);
    const second =
      args.text('second-mapping') === undefined ? mapping : await mappingOf(args, 'second-mapping', io.cwd);
    const path = (position: number) => resolve(io.cwd, args.positionals[position] ?? '');
    const { text, ...comparison } = await services.compare(
      { path: path(0), ...mapping },
      { path: path(1), ...second },
      { ...asked, ...(margin === undefined ? {} : { margin }) },
    );
    if (args.isSet('json')) io.stdout.write(`${JSON.stringify(comparison)}\n`);
    else io.stdout.write(safeLines(text));
    return comparison.isWorse ? exitCodes.checkFailed : exitCodes.complete;
  },
};
