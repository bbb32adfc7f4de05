/** What a version was worth on outcomes that came later. */
export interface LiveScore {
  readonly version: string;
  /** Share of predictions that were right, or mean absolute error. */
  readonly metric: 'accuracy' | 'mae';
  readonly value: number;
  /** Of 95 %: Wilson's for a share, by the normal approximation for a mean. */
  readonly interval: readonly [low: number, high: number];
  readonly count: number;
}

/** How many outcomes went where. */
export interface OutcomeCounts {
  readonly joined: number;
  /** No prediction of this id and record is kept (any more). */
  readonly unknown: number;
  /** The outcome of this prediction was told before. */
  readonly repeated: number;
  /** A text where a number was predicted. */
  readonly invalid: number;
}

interface Kept {
  readonly version: string;
  readonly until: number;
  /** Class or value of each record; `undefined` once its outcome came. */
  readonly predictions: (string | number | undefined)[];
}

/** Least that is kept of predictions until their outcomes come. */
export interface OutcomeLimits {
  /** Predictions that wait for their outcome, at most; the oldest go first. @default 100_000 */
  readonly predictions: number;
  /** How long one waits. @default 86_400_000 (a day) */
  readonly keepMs: number;
}

const z = 1.959963984540054;

/** Joins outcomes with predictions by request id; keeps predictions alone, never a record. */
export class LiveScores {
  readonly #limits: OutcomeLimits;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  #size = 0;
  /** By version: Welford's mean and sum of squares of what is averaged. */
  readonly #sums = new Map<string, { isShare: boolean; count: number; mean: number; squares: number }>();

  constructor(limits: OutcomeLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Predictions that wait. */
  get waiting(): number {
    return this.#size;
  }

  /** Keeps what was predicted; of two requests of the same id, which outcomes could not tell apart, the first. */
  keep(requestId: string, version: string, predictions: readonly (string | number)[]): void {
    const now = this.#now();
    // In the order in which they came, so the oldest are first.
    for (const [id, { until, predictions: old }] of this.#kept) {
      if (until > now && this.#size + predictions.length <= this.#limits.predictions) break;
      this.#kept.delete(id);
      this.#size -= old.length;
    }
    if (this.#kept.has(requestId) || predictions.length > this.#limits.predictions) return;
    this.#kept.set(requestId, { version, until: now + this.#limits.keepMs, predictions: [...predictions] });
    this.#size += predictions.length;
  }

  /** Joins one outcome. */
  join(requestId: string, record: number, truth: string | number): keyof OutcomeCounts {
    const kept = this.#kept.get(requestId);
    if (kept === undefined || kept.until <= this.#now() || record >= kept.predictions.length) return 'unknown';
    const prediction = kept.predictions[record];
    if (prediction === undefined) return 'repeated';
    const isShare = typeof prediction === 'string';
    if (!isShare && !(String(truth).trim() !== '' && Number.isFinite(Number(truth)))) return 'invalid';
    kept.predictions[record] = undefined;
    const value = isShare ? Number(prediction === String(truth)) : Math.abs(prediction - Number(truth));
    let sums = this.#sums.get(kept.version);
    if (sums === undefined) {
      sums = { isShare, count: 0, mean: 0, squares: 0 };
      this.#sums.set(kept.version, sums);
    }
    sums.count++;
    const difference = value - sums.mean;
    sums.mean += difference / sums.count;
    sums.squares += difference * (value - sums.mean);
    return 'joined';
  }

  /** The score of each version that has outcomes. */
  scores(): readonly LiveScore[] {
    return [...this.#sums].map(([version, { isShare, count, mean, squares }]): LiveScore => {
      if (!isShare) {
        const half = count < 2 ? Number.POSITIVE_INFINITY : z * Math.sqrt(squares / (count - 1) / count);
        return { version, metric: 'mae', value: mean, interval: [Math.max(0, mean - half), mean + half], count };
      }
      const middle = (mean + (z * z) / (2 * count)) / (1 + (z * z) / count);
      const spread = Math.sqrt((mean * (1 - mean)) / count + (z * z) / (4 * count * count));
      const half = (z * spread) / (1 + (z * z) / count);
      return { version, metric: 'accuracy', value: mean, interval: [middle - half, middle + half], count };
    });
  }
}
