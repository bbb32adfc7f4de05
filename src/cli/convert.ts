import { resolve } from 'node:path';
import { type Command, oneOf } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { UsageError } from './usage-error.ts';
import { writeWhole } from './write-file.ts';

/** `traineragent convert`. */
export const convertCommand: Command = {
  name: 'convert',
  usage: 'MODEL --to FORM --out PATH [options]',
  about: 'Keep a model in another form: smaller weights, a module without imports, a folder for the browser.',
  options: {
    to: { type: 'string', value: 'FORM', about: 'float16, int8, int8-dynamic, module or browser. Required.' },
    out: { type: 'string', value: 'PATH', about: 'The file (.onnx, .js, .mjs or .ts), or the folder. Required.' },
    data: { type: 'string', value: 'FILE', about: 'Rows that int8 is calibrated on, and that both files predict.' },
  },
  notes: [
    'Weights are compared with the file they were made of; what would not become smaller is refused.',
    'A module is for linear models, trees and dense networks; a name that ends in .ts makes TypeScript.',
  ],
  async run(args, io, services) {
    const to = oneOf(args, 'to', ['float16', 'int8', 'int8-dynamic', 'module', 'browser']);
    const out = args.text('out');
    if (to === undefined) throw new UsageError('Expected --to FORM, got none.');
    if (out === undefined) throw new UsageError('Expected --out PATH, got none.');
    const data = args.text('data');
    if (data !== undefined && (to === 'module' || to === 'browser'))
      throw new UsageError(`Expected no --data with --to ${to}: nothing is rounded.`);
    const model = resolve(io.cwd, args.positionals[0] ?? '');
    const path = resolve(io.cwd, out);
    const { convert, convertToBrowser, convertToModule } = services.conversions;
    if (to === 'browser') {
      const missing = await convertToBrowser(model, path);
      io.stderr.write(`A folder for the browser in ${safeText(out)}.\n`);
      if (missing.length > 0)
        io.stderr.write(
          `Note: copy these files of the package onnxruntime-web (dist) into it: ${missing.join(', ')}.\n`,
        );
      return exitCodes.complete;
    }
    if (to === 'module') {
      const text = await convertToModule(model, /\.[mc]?ts$/i.test(out) ? 'typescript' : 'javascript');
      await writeWhole(path, text);
      io.stderr.write(`A module of ${text.length} bytes without imports in ${safeText(out)}.\n`);
      return exitCodes.complete;
    }
    const made = await convert(model, to, data === undefined ? {} : { data: resolve(io.cwd, data) });
    await writeWhole(path, made.bytes);
    const { sizeBytes, latencyMs } = made;
    io.stderr.write(
      [
        `${to}: ${sizeBytes.before} bytes became ${sizeBytes.after} in ${safeText(out)}.`,
        `On ${made.rows} ${made.areRowsReal ? 'rows' : 'made-up rows (give --data for real ones)'} the answers differ by ${made.maxDifference.toPrecision(2)} at most and ${made.meanDifference.toPrecision(2)} on average; ${made.labelDifferences} labels changed.`,
        ...(latencyMs === undefined
          ? []
          : [
              `One record took ${latencyMs.before.p50.toFixed(3)} ms before and ${latencyMs.after.p50.toFixed(3)} ms after.`,
            ]),
        '',
      ].join('\n'),
    );
    return exitCodes.complete;
  },
};
