import type { Clock } from '../core/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Moves both times on. */
  advance(milliseconds: number): void;
}

/**
 * A clock for tests.
 *
 * @param startMs milliseconds since 1970 at the start. @default 2026-01-01T00:00:00Z
 */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let passed = 0;
  return {
    now: () => startMs + passed,
    monotonic: () => passed,
    advance(milliseconds) {
      passed += milliseconds;
    },
  };
}
