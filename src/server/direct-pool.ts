import type { Predictor, Tensors } from '../backends/backend.ts';
import type { DirectRun } from '../tools/serve/direct-run.ts';
import { joinRows, sliceRows } from '../tools/serve/tensor-rows.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Where a small model predicts: here. Many rows go in parts, between which the event loop turns. */
export function createDirectPool(
  run: DirectRun,
  { inputs, outputs }: Pick<Predictor, 'inputs' | 'outputs'>,
): WorkerPool {
  return {
    inputs,
    outputs,
    hasIdle: true,
    isReady: true,
    up: 0,
    size: 0,
    onIdle: () => undefined,
    async run(tensors, rows) {
      if (rows <= run.rows) return run.predict(tensors);
      const parts: Tensors[] = [];
      for (let from = 0; from < rows; from += run.rows) {
        if (from > 0) await new Promise((resolve) => setImmediate(resolve));
        parts.push(run.predict(sliceRows(tensors, from, Math.min(rows, from + run.rows))));
      }
      return joinRows(parts);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Predicts until the code is compiled, as it is after the first hundreds of requests, which need not pay for that. */
export async function warmUp(run: DirectRun, ...batches: readonly Tensors[]): Promise<void> {
  for (let i = 0; i < 300; i++) {
    // Another version may answer meanwhile.
    if (i % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    for (const batch of batches) run.predict(batch);
  }
}
