import { resolve } from 'node:path';
import { createHandler } from '../tools/serve/create-handler.ts';
import { exampleCurl } from '../tools/serve/example-records.ts';
import { serve } from '../tools/serve/serve.ts';
import { createColours, wantsColours } from './colours.ts';
import { type Command, wholeNumber } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { safeText } from './safe-text.ts';

/** `traineragent serve`. */
export const serveCommand: Command = {
  name: 'serve',
  usage: 'MODEL [--port N]',
  about: 'Serve a model over HTTP on this machine.',
  options: { port: { type: 'string', value: 'N', about: 'Default: 8080; 0 takes a free one.' } },
  notes: [
    'POST /v1/predict, GET /v1/signature, /livez, /readyz. Ends on SIGTERM or Ctrl-C once requests under way are answered.',
  ],
  async run(args, io, services) {
    const port = wholeNumber(args, 'port', 0, 65_535) ?? 8080;
    const model = await services.loadModel(resolve(io.cwd, args.positionals[0] ?? ''));
    try {
      const server = await serve(createHandler({ model }), { port });
      const colours = createColours(wantsColours(io.stderr.isTTY === true, io.environment));
      const ended = new Promise<void>((done) => {
        const stopListening = io.onSignal(() => {
          stopListening();
          io.stderr.write('Finishing what is under way…\n');
          server.close().then(done, done);
        });
      });
      // The address is the result: a program that starts the service reads it from stdout.
      io.stdout.write(`${server.url}\n`);
      io.stderr.write(
        `${colours.green('●')} Predicting ${safeText(model.signature.target, 80)}. Try:\n\n${exampleCurl(model.signature, server.url)}\n\n`,
      );
      await ended;
    } finally {
      await model.close();
    }
    return exitCodes.complete;
  },
};
