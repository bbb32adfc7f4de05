import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type ModelLabels, modelLabels } from '../tools/serve/model-labels.ts';
import { type CliIo, type Command, oneOf, type ParsedArgs } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

const labelOption = { type: 'string', value: 'LABEL', about: 'stable, canary or shadow. Default: stable.' } as const;

/** `traineragent promote`. */
export const promoteCommand: Command = {
  name: 'promote',
  usage: 'STORE VERSION [--label LABEL] [--share PERCENT]',
  about: 'Give a version of a model a label in a store.',
  options: {
    label: labelOption,
    share: { type: 'string', value: 'PERCENT', about: 'Of requests that a canary answers. Default: 10.' },
  },
  notes: [
    'VERSION is a model file, which is checked and copied into the store, or what is there: a hash, its first digits, or a',
    'label. The store is a folder, made where there is none; `serve --store STORE` follows its labels within a second.',
  ],
  async run(args, io, services) {
    const label = labelOf(args);
    const share = shareOf(args);
    if (share !== undefined && label !== 'canary') throw new UsageError('--share is for --label canary alone.');
    const store = await services.openStore(resolve(io.cwd, args.positionals[0] ?? ''));
    const name = args.positionals[1] ?? '';
    const path = resolve(io.cwd, name);
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    const version = isFile ? await store.addFile(path) : await store.resolve(name);
    const labels = await store.promote({ version, label, ...(share === undefined ? {} : { share }) });
    // The version is the result.
    io.stdout.write(`${version}\n`);
    io.stderr.write(described(labels));
    return exitCodes.complete;
  },
};

/** `traineragent rollback`. */
export const rollbackCommand: Command = {
  name: 'rollback',
  usage: 'STORE [--label LABEL]',
  about: 'Take a label back: stable to what was stable before.',
  options: { label: labelOption },
  notes: ['A canary or shadow goes away; its version stays in the store.'],
  async run(args, io, services) {
    const store = await services.openStore(resolve(io.cwd, args.positionals[0] ?? ''));
    const labels = await store.rollback(labelOf(args));
    io.stdout.write(`${labels.stable ?? ''}\n`);
    io.stderr.write(described(labels));
    return exitCodes.complete;
  },
};

/** `traineragent labels`. */
export const labelsCommand: Command = {
  name: 'labels',
  usage: 'STORE [--json]',
  about: 'Show the versions of a store and their labels.',
  options: { json: { type: 'boolean', about: 'As JSON.' } },
  async run(args, io, services) {
    const store = await services.openStore(resolve(io.cwd, args.positionals[0] ?? ''));
    const [labels, versions] = await Promise.all([store.labels(), store.versions()]);
    if (args.isSet('json')) io.stdout.write(`${JSON.stringify({ labels, versions })}\n`);
    else writeLines(io, labels, versions);
    return exitCodes.complete;
  },
};

function writeLines({ stdout }: CliIo, labels: ModelLabels, versions: readonly string[]): void {
  for (const version of versions) {
    const words = [
      ...(labels.stable === version ? ['stable'] : []),
      ...(labels.canary?.version === version ? [`canary ${percent(labels.canary.share)}`] : []),
      ...(labels.shadow === version ? ['shadow'] : []),
      ...(labels.previous[0] === version ? ['previous'] : []),
    ];
    stdout.write(`${version}${words.length === 0 ? '' : `  ${words.join(', ')}`}\n`);
  }
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

function described({ stable, canary, shadow }: ModelLabels): string {
  const parts = [
    ...(stable === undefined ? [] : [`stable ${stable.slice(0, 12)}`]),
    ...(canary === undefined ? [] : [`canary ${canary.version.slice(0, 12)} (${percent(canary.share)})`]),
    ...(shadow === undefined ? [] : [`shadow ${shadow.slice(0, 12)}`]),
  ];
  return `Labels: ${parts.join(', ')}.\n`;
}

const labelOf = (args: ParsedArgs) => oneOf(args, 'label', modelLabels) ?? 'stable';

function shareOf(args: ParsedArgs): number | undefined {
  const text = args.text('share');
  if (text === undefined) return undefined;
  const value = Number(text.replace(/%$/, ''));
  if (!(value > 0 && value <= 100)) throw new UsageError('Expected --share to be a percentage above 0 and up to 100.');
  return value / 100;
}
