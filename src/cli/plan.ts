import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeLines } from './safe-text.ts';
import { requestOptions, trainRequest } from './train.ts';

/** `traineragent plan`. */
export const planCommand: Command = {
  name: 'plan',
  usage: '"PROMPT" --data FILE [options]',
  about: 'Say what train would do and cost, without training.',
  options: { ...requestOptions, json: { type: 'boolean', about: 'Print one JSON object on stdout.' } },
  notes: [
    'Reads and measures the data; trains nothing, keeps nothing. Time is for this machine as it is loaded now.',
    'Ends with code 3 where train would decline, with 4 where it would ask.',
  ],
  async run(args, io, services) {
    const { text, ...plan } = await services.plan(trainRequest(args, io.cwd));
    if (args.isSet('json')) io.stdout.write(`${JSON.stringify(plan)}\n`);
    else io.stdout.write(safeLines(text));
    return plan.status === 'planned' ? exitCodes.complete : exitCodes[plan.status];
  },
};
