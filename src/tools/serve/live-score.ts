import { type OutcomeScore, ScoreSums } from './drift/score-sums.ts';

/** What a version was worth on outcomes that came later. */
export interface LiveScore extends OutcomeScore {
  readonly version: string;
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

/** Hears of an outcome that was joined: 1 or 0 for a class, an absolute error for a number. */
export type OnOutcome = (version: string, isShare: boolean, value: number) => void;

/** Joins outcomes with predictions by request id; keeps predictions alone, never a record. */
export class LiveScores {
  readonly #limits: OutcomeLimits;
  readonly #now: () => number;
  readonly #onOutcome: OnOutcome;
  readonly #kept = new Map<string, Kept>();
  #size = 0;
  readonly #sums = new Map<string, ScoreSums>();

  constructor(limits: OutcomeLimits, now: () => number, onOutcome: OnOutcome = () => undefined) {
    this.#limits = limits;
    this.#now = now;
    this.#onOutcome = onOutcome;
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
      sums = new ScoreSums(isShare);
      this.#sums.set(kept.version, sums);
    }
    sums.add(value);
    this.#onOutcome(kept.version, isShare, value);
    return 'joined';
  }

  /** The score of each version that has outcomes. */
  scores(): readonly LiveScore[] {
    return [...this.#sums].map(([version, sums]) => ({ version, ...sums.score() }));
  }
}
