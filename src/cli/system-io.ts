import type { CliIo } from './command.ts';

/** The process's own streams, environment, clock and signals. */
export function systemIo(): CliIo {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    cwd: process.cwd(),
    now: () => performance.now(),
    onSignal(callback) {
      const interrupt = (): void => callback('SIGINT');
      const terminate = (): void => callback('SIGTERM');
      process.on('SIGINT', interrupt);
      process.on('SIGTERM', terminate);
      return () => {
        process.off('SIGINT', interrupt);
        process.off('SIGTERM', terminate);
      };
    },
  };
}
