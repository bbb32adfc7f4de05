import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { deployFiles, deployTargets, isDeployName } from '../tools/serve/deploy-files.ts';
import { type Command, oneOf, wholeNumber } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { UsageError } from './usage-error.ts';
import { writeWhole } from './write-file.ts';

/** `traineragent deploy`. */
export const deployCommand: Command = {
  name: 'deploy',
  usage: 'MODEL --target NAME --out DIR [options]',
  about: 'Write the files that run a model as a service elsewhere.',
  options: {
    target: { type: 'string', value: 'NAME', about: 'docker, systemd or kubernetes. Required.' },
    out: { type: 'string', value: 'DIR', about: 'Where to write them. Required.' },
    name: { type: 'string', value: 'NAME', about: 'Of the service. Default: model.' },
    port: { type: 'string', value: 'N', about: 'Default: 8080.' },
  },
  notes: ['The files run it without root, on a file system that is only read, with keys. Nothing is started or sent.'],
  async run(args, io, services) {
    const target = oneOf(args, 'target', deployTargets);
    const out = args.text('out');
    if (target === undefined || out === undefined)
      throw new UsageError(
        `Expected --target NAME and --out DIR, got ${target === undefined ? 'no target' : 'no folder'}.`,
      );
    const name = args.text('name') ?? 'model';
    if (!isDeployName(name))
      throw new UsageError(
        'Expected --name to be of small letters, digits and dashes, to begin with a letter, and to have at most 40.',
      );
    const port = wholeNumber(args, 'port', 1, 65_535) ?? 8080;
    const path = resolve(io.cwd, args.positionals[0] ?? '');
    // Opened first: what is no model of ours is not shipped.
    const model = await services.loadModel(path);
    const files = deployFiles(target, { name, hash: model.hash, version: services.version, port });
    await model.close();
    const folder = resolve(io.cwd, out);
    await writeWhole(join(folder, 'model.onnx'), await readFile(path));
    for (const [file, text] of Object.entries(files)) await writeWhole(join(folder, file), text);
    io.stdout.write(`${['model.onnx', ...Object.keys(files)].map((file) => join(out, file)).join('\n')}\n`);
    io.stderr.write(
      `How to use them stands at the top of each. Keys: traineragent key ${safeText(join(out, 'keys.json'))} --name NAME\n`,
    );
    return exitCodes.complete;
  },
};
