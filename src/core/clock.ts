import { randomUUID } from 'node:crypto';

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from any start, never going back; for durations. */
  monotonic(): number;
}

/** Where names of runs come from. */
export interface Ids {
  runId(): string;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Run ids sort by time: the UTC second, then eight random hexadecimal digits. */
export function systemIds(clock: Clock): Ids {
  return {
    runId: () =>
      `${new Date(clock.now()).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomUUID().slice(0, 8)}`,
  };
}
