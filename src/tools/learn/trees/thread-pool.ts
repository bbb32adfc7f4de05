import { Worker } from 'node:worker_threads';
import { entryUrl } from '../../../core/helpers/entry-url.ts';
import type { Plan } from './plan.ts';
import type { WasmMemory, WasmModule } from './web-assembly.ts';

/** What a thread is told to start its part of a fit. */
export interface ThreadJob {
  readonly plan: Plan;
  readonly thread: number;
  /** The compiled kernels and their memory, or the plain memory of the JavaScript kernels. */
  readonly module?: WasmModule;
  readonly memory: WasmMemory | SharedArrayBuffer;
}

const idle: Worker[] = [];

/**
 * Up to `count` threads, from earlier fits or started anew. Fewer where a thread cannot start: results do not depend on
 * their number.
 */
export async function takeThreads(count: number): Promise<Worker[]> {
  const taken = idle.splice(0, count);
  for (const worker of taken) worker.ref();
  const started = await Promise.all(Array.from({ length: count - taken.length }, startThread));
  return [...taken, ...started.filter((worker) => worker !== undefined)];
}

/** Gives threads back; they wait for the next fit without keeping the process alive. */
export function returnThreads(workers: readonly Worker[]): void {
  for (const worker of workers) {
    worker.unref();
    idle.push(worker);
  }
}

/** Ends threads whose state is unknown after a failure. */
export async function dropThreads(workers: readonly Worker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.terminate()));
}

function startThread(): Promise<Worker | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(entryUrl('trees-thread'));
    worker.once('message', () => {
      worker.removeAllListeners();
      const forget = (): void => {
        const at = idle.indexOf(worker);
        if (at >= 0) idle.splice(at, 1);
      };
      worker.on('error', forget);
      worker.on('exit', forget);
      resolve(worker);
    });
    // A thread that cannot start is no error: the fit goes on with fewer.
    worker.once('error', () => resolve(undefined));
    worker.once('exit', () => resolve(undefined));
  });
}
