import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileErrorWords } from '../core/helpers/file-error-words.ts';
import { createKeyCheck, parseKeys } from '../tools/serve/api-keys.ts';
import { type Command, wholeNumber } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { UsageError } from './usage-error.ts';

/** `traineragent worker`. */
export const workerCommand: Command = {
  name: 'worker',
  usage: '[options]',
  about: 'Train networks for other machines and processes, on ONNX Runtime here.',
  options: {
    port: { type: 'string', value: 'N', about: 'Default: 7070; 0 takes a free one.' },
    host: { type: 'string', value: 'ADDRESS', about: 'Default: 127.0.0.1. Beyond this machine, --key-file is needed.' },
    'key-file': {
      type: 'string',
      value: 'FILE',
      about: 'Who may train: keys of the scope admin, made by `traineragent key`.',
    },
  },
  notes: ['Clients call `remoteBackend({ url, key })` of `traineragent/remote`. Ends on SIGTERM or Ctrl-C.'],
  async run(args, io) {
    const port = wholeNumber(args, 'port', 0, 65_535) ?? 7070;
    const host = args.text('host');
    const path = args.text('key-file');
    const text =
      path === undefined
        ? undefined
        : await readFile(resolve(io.cwd, path), 'utf8').catch((cause: unknown) => {
            throw new UsageError(`Could not read the keys in ${path}: ${fileErrorWords(cause)}.`);
          });
    const check = text === undefined ? undefined : createKeyCheck(parseKeys(text));
    const { startWorker } = await import('../backends/remote/worker.ts');
    const { onnxBackend } = await import('../backends/onnx/onnx-backend.ts');
    await using worker = await startWorker({
      backend: onnxBackend(),
      port,
      ...(host === undefined ? {} : { host }),
      ...(check === undefined ? {} : { authorize: (given) => !('problem' in check(given, 'admin')) }),
    });
    // The address is the result: a program that starts the worker reads it from stdout.
    io.stdout.write(`${worker.url}\n`);
    await new Promise<void>((done) => {
      const stop = io.onSignal(() => {
        stop();
        done();
      });
    });
    return exitCodes.complete;
  },
};
