import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainerError } from '../core/errors.ts';
import { fileErrorWords } from '../core/helpers/file-error-words.ts';
import { type ApiKey, parseKeys } from '../tools/serve/api-keys.ts';
import type { DriftEvent } from '../tools/serve/drift/drift-event.ts';
import { exampleCurl } from '../tools/serve/example-records.ts';
import { modelLabels } from '../tools/serve/model-labels.ts';
import { createColours, wantsColours } from './colours.ts';
import { type CliIo, type Command, oneOf, wholeNumber } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';
import { UsageError } from './usage-error.ts';

/** `traineragent serve`. */
export const serveCommand: Command = {
  name: 'serve',
  usage: 'MODEL | --store STORE [options]',
  about: 'Serve a model over HTTP.',
  options: {
    store: { type: 'string', value: 'STORE', about: 'Serve a folder of versions; see `traineragent promote`.' },
    label: { type: 'string', value: 'LABEL', about: 'Of the store, whose version answers. Default: stable.' },
    port: { type: 'string', value: 'N', about: 'Default: 8080; 0 takes a free one.' },
    host: { type: 'string', value: 'ADDRESS', about: 'Default: 127.0.0.1. Beyond this machine, --keys is needed.' },
    keys: { type: 'string', value: 'FILE', about: 'Who may call; made by `traineragent key`.' },
    workers: {
      type: 'string',
      value: 'N',
      about: 'Processes that predict. Default: by the model; none for small ones.',
    },
    name: { type: 'string', value: 'NAME', about: 'Of the model in paths. Default: model.' },
    outcomes: {
      type: 'string',
      value: 'FOLDER',
      about: 'Where predictions wait for outcomes over a restart. Default: in the store; without one, in memory.',
    },
    window: { type: 'string', value: 'N', about: 'Records of a window that is compared with training. Default: 500.' },
    overload: {
      type: 'string',
      value: 'HOW',
      about:
        'shut: refuse connections while too much is asked; answer: refuse requests alone. Default: shut with --health-port.',
    },
    'health-port': { type: 'string', value: 'N', about: 'Another port, for /livez, /readyz and /metrics alone.' },
    insecure: { type: 'boolean', about: 'Listen beyond this machine without keys.' },
    log: { type: 'boolean', about: 'One line of JSON on stderr for each request; it holds no value.' },
  },
  notes: [
    'GET / is a page to try it, GET /openapi.json describes POST /v1/predict and the rest; /livez, /readyz and /metrics are for',
    'supervisors. Ends on SIGTERM or Ctrl-C once requests under way are answered.',
  ],
  async run(args, io, services) {
    const port = wholeNumber(args, 'port', 0, 65_535) ?? 8080;
    const workers = wholeNumber(args, 'workers', 1, 256);
    const healthPort = wholeNumber(args, 'health-port', 0, 65_535);
    const overload = oneOf(args, 'overload', ['shut', 'answer'] as const);
    const host = args.text('host');
    const name = args.text('name');
    const outcomes = args.text('outcomes');
    const windowRows = wholeNumber(args, 'window', 500, 1_000_000);
    const isLogged = args.isSet('log');
    const keysPath = args.text('keys');
    const keys = keysPath === undefined ? undefined : await readKeys(resolve(io.cwd, keysPath));
    const label = oneOf(args, 'label', modelLabels);
    const folder = args.text('store');
    if (label !== undefined && folder === undefined) throw new UsageError('--label is for --store alone.');
    const source =
      folder === undefined
        ? resolve(io.cwd, args.positionals[0] ?? '')
        : {
            store: resolve(io.cwd, folder),
            label: label ?? 'stable',
            onProblem: (error: unknown) =>
              io.stderr.write(
                `${safeText(`The labels were not followed: ${error instanceof Error ? error.message : ''}`)}\n`,
              ),
          };
    const service = await services.openService(source, {
      ...(workers === undefined ? {} : { workers }),
      ...(name === undefined ? {} : { name }),
      ...(keys === undefined ? {} : { keys }),
      ...(outcomes === undefined ? {} : { outcomes: { folder: resolve(io.cwd, outcomes) } }),
      ...(windowRows === undefined ? {} : { drift: { windowRows } }),
      onDrift: (event) => io.stderr.write(`${isLogged ? JSON.stringify(event) : safeText(driftLine(event), 1000)}\n`),
      ...(isLogged ? { log: (entry) => io.stderr.write(`${JSON.stringify(entry)}\n`) } : {}),
    });
    try {
      const server = await service.listen({
        port,
        insecure: args.isSet('insecure'),
        ...(host === undefined ? {} : { host }),
        ...(overload === undefined ? {} : { overload }),
        ...(healthPort === undefined ? {} : { healthPort }),
      });
      const ended = whenAsked(io, () => server.close());
      const colours = createColours(wantsColours(io.stderr.isTTY === true, io.environment));
      // The address is the result: a program that starts the service reads it from stdout.
      io.stdout.write(`${server.url}\n`);
      const signature = service.signature;
      const key = keys === undefined ? '' : ` -H "authorization: Bearer $TRAINERAGENT_KEY"`;
      io.stderr.write(
        `${colours.green('●')} Predicting ${safeText(signature.target, 80)}. Open ${server.url}/ or try:\n\n${exampleCurl(signature, server.url)}${key}\n\n`,
      );
      await ended;
    } finally {
      await service.close();
    }
    return exitCodes.complete;
  },
};

/** A drift event for people: names and measures. */
function driftLine({ model, columns, prediction, score }: DriftEvent): string {
  const parts = [
    ...columns.map(({ column, alarms, psi }) => `${column} (${alarms.join(', ')}; index ${psi.toPrecision(2)})`),
    ...(prediction === undefined || prediction.alarms.length === 0
      ? []
      : [`predictions (index ${prediction.psi.toPrecision(2)})`]),
    ...(score?.isWorse === true ? [`${score.metric} ${score.value.toPrecision(3)} on outcomes`] : []),
  ];
  return `Drift of ${model.version.slice(0, 12)}: ${parts.join(', ')}.`;
}

/** Waits for the first signal, then for the end that it asks for. */
function whenAsked(io: CliIo, close: () => Promise<void>): Promise<void> {
  return new Promise((done) => {
    const stopListening = io.onSignal(() => {
      stopListening();
      io.stderr.write('Finishing what is under way…\n');
      close().then(done, done);
    });
  });
}

async function readKeys(path: string): Promise<readonly ApiKey[]> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new TrainerError('REQUEST_INVALID', `Could not read the keys in ${path}: ${fileErrorWords(cause)}.`, {
      cause,
    });
  });
  return parseKeys(text);
}
