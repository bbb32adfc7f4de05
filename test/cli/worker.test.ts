import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { remoteBackend } from '../../src/backends/remote/index.ts';
import type { CliIo } from '../../src/cli/command.ts';
import { parseCommand } from '../../src/cli/command.ts';
import type { CliServices } from '../../src/cli/services.ts';
import { workerCommand } from '../../src/cli/worker.ts';
import { wholeCase } from '../../src/testing/backend/training-cases.ts';

it('a worker of the command line trains for a client until it is asked to end', async () => {
  const stdout = new PassThrough();
  let end = () => {};
  const io = {
    stdout,
    stderr: new PassThrough(),
    environment: {},
    cwd: process.cwd(),
    now: () => 0,
    onSignal(callback) {
      end = () => callback('SIGTERM');
      return () => {};
    },
  } satisfies CliIo;
  const ended = workerCommand.run(parseCommand(workerCommand, ['--port', '0'], []), io, {} as CliServices);
  const [line] = (await new Promise<Buffer>((resolve) => stdout.once('data', resolve))).toString().split('\n');
  const backend = await remoteBackend({ url: line! });
  {
    await using trained = await backend.compile(wholeCase.network, wholeCase.training);
    expect(await trained.steps(wholeCase.data, wholeCase.batches)).toHaveLength(wholeCase.batches.length);
  }
  end();
  expect(await ended).toBe(0);
});
