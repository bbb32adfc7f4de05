import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Json } from '../core/helpers/canonical-json.ts';
import type { ModelSignature, SignatureInput } from '../onnx/signature.ts';
import { formatBytes, formatNumber } from '../tools/report/wording.ts';
import { typescriptOfRecord } from '../tools/serve/typescript-types.ts';
import { type Colours, createColours, wantsColours } from './colours.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';

/** `traineragent inspect`. */
export const inspectCommand: Command = {
  name: 'inspect',
  usage: 'MODEL_OR_RUN [--types] [--json]',
  about: 'Show what a model takes, gives and is made of.',
  options: {
    types: { type: 'boolean', about: 'Print TypeScript types of a record and a prediction, and nothing else.' },
    json: { type: 'boolean', about: 'Print signature and card as one JSON object.' },
  },
  notes: ['MODEL_OR_RUN is a model file, or the folder that train wrote.'],
  async run(args, io, services) {
    const path = resolve(io.cwd, args.positionals[0] ?? '');
    const isRun = await isFolder(path);
    const model = await services.loadModel(isRun ? join(path, 'model.onnx') : path);
    try {
      const { signature, hash, sizeBytes } = model;
      // The run's card has the scores too; one of another model says nothing of this one.
      const card = (isRun ? await cardOf(path, hash) : undefined) ?? model.card;
      if (args.isSet('types')) io.stdout.write(typescriptOfRecord(signature));
      else if (args.isSet('json')) io.stdout.write(`${JSON.stringify({ hash, sizeBytes, signature, card })}\n`);
      else {
        const isTty = (io.stdout as { readonly isTTY?: boolean }).isTTY === true;
        const colours = createColours(wantsColours(isTty, io.environment));
        io.stdout.write(signatureText(signature, colours));
        io.stdout.write(`\n${colours.bold('File')}\n  ${formatBytes(sizeBytes)}, SHA-256 ${hash}\n`);
        if (card !== undefined)
          io.stdout.write(`\n${colours.bold('Card')}\n${indented(JSON.stringify(card, null, 2))}\n`);
      }
    } finally {
      await model.close();
    }
    return exitCodes.complete;
  },
};

/** Whether a path is a folder; what is wrong with the path is told by who opens it. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** `card.json` of a run, where it is there and of the model with this hash. */
async function cardOf(folder: string, hash: string): Promise<Json | undefined> {
  try {
    const card = JSON.parse(await readFile(join(folder, 'card.json'), 'utf8')) as { readonly model?: Json };
    return card.model === hash ? card : undefined;
  } catch {
    // Not there or not JSON: the card within the model file is shown.
    return undefined;
  }
}

function signatureText({ task, target, inputs, output }: ModelSignature, colours: Colours): string {
  const names = inputs.map((input) => safeText(input.name, 40));
  const width = Math.max(0, ...names.map((name) => name.length));
  return [
    `${colours.bold('Predicts')}  ${safeText(target, 80)} (${task})`,
    output.kind === 'classification'
      ? `  one of: ${output.classes.map((label) => safeText(label, 40)).join(', ')}`
      : `  a number${output.unit ? ` in ${safeText(output.unit, 20)}` : ''}${output.interval ? `, with an interval that holds ${Math.round(output.interval.coverage * 100)} %` : ''}`,
    '',
    colours.bold('From'),
    ...inputs.map((input, i) => `  ${(names[i] ?? '').padEnd(width)}  ${colours.dim(about(input))}`),
    '',
  ].join('\n');
}

function about(input: SignatureInput): string {
  switch (input.kind) {
    case 'number':
      return `${input.integers ? 'whole number' : 'number'}${input.unit ? ` in ${safeText(input.unit, 20)}` : ''}, mostly ${rangeText(input.range, input.integers === true)}`;
    case 'boolean':
      return `${safeText(input.labels[0], 20)} or ${safeText(input.labels[1], 20)}`;
    case 'category':
      return `${input.categories.length} known values: ${safeText(input.categories.slice(0, 6).join(', '), 80)}${input.categories.length > 6 ? ', …' : ''}`;
    case 'datetime':
      return `date, mostly ${day(input.range[0])} to ${day(input.range[1])}`;
  }
}

/** Whole numbers of four digits may be years or identifiers, which nobody writes with a comma. */
function rangeText(range: readonly [number, number], isWhole: boolean): string {
  const isPlain = isWhole && range.every((end) => Math.abs(end) < 10_000);
  const [low, high] = range.map((end) => (isPlain ? String(Math.round(end)) : formatNumber(end)));
  return `${low} to ${high}`;
}

const day = (time: number): string =>
  Math.abs(time) <= 8.64e15 ? new Date(time).toISOString().slice(0, 10) : String(time);

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${safeText(line)}`)
    .join('\n');
