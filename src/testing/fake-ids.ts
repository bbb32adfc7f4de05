import type { Ids } from '../core/clock.ts';

/** Run ids that count: `run-1`, `run-2`, and so on. */
export function fakeIds(prefix = 'run'): Ids {
  let count = 0;
  return { runId: () => `${prefix}-${++count}` };
}
