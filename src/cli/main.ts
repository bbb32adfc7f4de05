#!/usr/bin/env node
import { runCli } from './run-cli.ts';
import { systemIo } from './system-io.ts';
import { systemServices } from './system-services.ts';

// The reader of a pipe may leave early (`| head`), which is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await runCli(process.argv.slice(2), systemIo(), systemServices());
