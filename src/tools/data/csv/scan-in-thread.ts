import { Worker } from 'node:worker_threads';
import { type ErrorCode, TrainerError } from '../../../core/errors.ts';
import { entryUrl } from '../../../core/helpers/entry-url.ts';
import type { CsvThreadAnswer, CsvThreadTask } from './csv-thread.ts';
import type { ScanResult } from './scan.ts';

/** Reads one range in a thread of its own; undefined where no thread could be had, so that the caller reads it himself. */
export function scanInThread(task: CsvThreadTask, signal: AbortSignal | undefined): Promise<ScanResult | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(entryUrl('csv-thread'), { workerData: task, execArgv: [] });
    const stop = (): void => {
      void worker.terminate();
      reject(signal!.reason);
    };
    signal?.addEventListener('abort', stop, { once: true });
    const end = (): void => signal?.removeEventListener('abort', stop);
    worker.once('message', (answer: CsvThreadAnswer) => {
      end();
      if ('result' in answer) resolve(answer.result);
      else {
        const { code, message, details } = answer.error;
        reject(new TrainerError(code as ErrorCode, message, { details: details as Record<string, unknown> }));
      }
    });
    // Out of threads or memory, or a file of the package is missing: slower alone, but the same result.
    worker.once('error', () => {
      end();
      resolve(undefined);
    });
  });
}
