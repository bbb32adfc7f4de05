/** Measured latency of one prediction, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** Predictions that were timed. */
  readonly count: number;
}

/** How to measure. */
export interface MeasureLatencyOptions {
  /** Milliseconds from any start, never going back. */
  readonly now: () => number;
  /** @default 1000 */
  readonly count?: number;
  /** Untimed predictions before, until the code is compiled; an eighth of `maxMs` at most. @default 1000 */
  readonly warmUp?: number;
  /** Stops early when this is over, with at least 20 timed. @default 2000 */
  readonly maxMs?: number;
  readonly signal?: AbortSignal;
}

/** Times single predictions one after the other; quantiles by nearest rank. */
export async function measureLatency(
  predictOne: (i: number) => Promise<unknown>,
  options: MeasureLatencyOptions,
): Promise<Latency> {
  const { now, count = 1000, warmUp = 1000, maxMs = 2000, signal } = options;
  const start = now();
  for (let i = 0; i < warmUp && now() - start < maxMs / 8; i++) await predictOne(i);
  const times: number[] = [];
  while (times.length < count && (times.length < Math.min(20, count) || now() - start < maxMs)) {
    signal?.throwIfAborted();
    const before = now();
    await predictOne(times.length);
    times.push(now() - before);
  }
  times.sort((a, b) => a - b);
  const rank = (share: number): number => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? 0;
  return { p50: rank(0.5), p99: rank(0.99), count: times.length };
}
