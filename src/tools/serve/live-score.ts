import { type OutcomeScore, ScoreSums } from './drift/score-sums.ts';
import { WaitingPredictions } from './waiting-predictions.ts';

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

/** Least that is kept of predictions until their outcomes come. */
export interface OutcomeLimits {
  /** Predictions that wait for their outcome, at most, and 10,000,000 at most; the oldest go first. Each takes about 120 bytes. @default 100_000 */
  readonly predictions: number;
  /** How long one waits. @default 86_400_000 (a day) */
  readonly keepMs: number;
}

const mostPredictions = 10_000_000;

/** Hears of an outcome that was joined: 1 or 0 for a class, an absolute error for a number. */
export type OnOutcome = (version: string, isShare: boolean, value: number) => void;

/** What happened to predictions and outcomes, for a file that outlives the process. */
export type OutcomeEntry =
  | {
      readonly kind: 'kept';
      readonly id: string;
      readonly version: string;
      /** Milliseconds since 1970. */
      readonly until: number;
      readonly predictions: readonly (string | number)[];
    }
  | {
      readonly kind: 'joined';
      readonly id: string;
      readonly record: number;
      readonly version: string;
      readonly isShare: boolean;
      readonly value: number;
    }
  /** All outcomes of a version so far; entries before it are in it. */
  | {
      readonly kind: 'sums';
      readonly version: string;
      readonly isShare: boolean;
      readonly sums: readonly [number, number, number];
    };

/** Who hears of predictions and outcomes. */
export interface OutcomeHooks {
  readonly onOutcome?: OnOutcome;
  readonly onEntry?: (entry: OutcomeEntry) => void;
}

/** Joins outcomes with predictions by request id; keeps predictions alone, never a record. */
export class LiveScores {
  readonly #limits: OutcomeLimits;
  readonly #now: () => number;
  readonly #hooks: OutcomeHooks;
  readonly #kept: WaitingPredictions;
  readonly #sums = new Map<string, ScoreSums>();

  constructor(limits: OutcomeLimits, now: () => number, hooks: OutcomeHooks = {}) {
    this.#limits = limits;
    this.#kept = new WaitingPredictions(Math.min(mostPredictions, Math.max(0, Math.floor(limits.predictions))));
    this.#now = now;
    this.#hooks = hooks;
  }

  /** Predictions that wait. */
  get waiting(): number {
    return this.#kept.size;
  }

  /** Keeps what was predicted; of two requests of the same id, which outcomes could not tell apart, the first. */
  keep(id: string, version: string, predictions: readonly (string | number)[]): void {
    const now = this.#now();
    const until = now + this.#limits.keepMs;
    if (until > now && this.#kept.add(id, version, predictions, until, now))
      this.#hooks.onEntry?.({ kind: 'kept', id, version, until, predictions });
  }

  /** Joins one outcome. */
  join(requestId: string, record: number, truth: string | number): keyof OutcomeCounts {
    const kept = this.#kept.find(requestId);
    if (kept === undefined) return 'unknown';
    const { version, until, count } = this.#kept.about(kept);
    if (until <= this.#now() || record >= count) return 'unknown';
    const prediction = this.#kept.prediction(kept, record);
    if (prediction === undefined) return 'repeated';
    const isShare = typeof prediction === 'string';
    if (!isShare && !(String(truth).trim() !== '' && Number.isFinite(Number(truth)))) return 'invalid';
    this.#kept.take(kept, record);
    const value = isShare ? Number(prediction === String(truth)) : Math.abs(prediction - Number(truth));
    this.#sumsOf(version, isShare).add(value);
    this.#hooks.onEntry?.({ kind: 'joined', id: requestId, record, version, isShare, value });
    this.#hooks.onOutcome?.(version, isShare, value);
    return 'joined';
  }

  /** The score of each version that has outcomes. */
  scores(): readonly LiveScore[] {
    return [...this.#sums].map(([version, sums]) => ({ version, ...sums.score() }));
  }

  /** Does again what an entry tells; nobody hears of it. What is no entry is passed over. */
  replay(entry: OutcomeEntry): void {
    const now = this.#now();
    if (entry.kind === 'kept' && entry.until > now)
      this.#kept.add(entry.id, entry.version, entry.predictions, entry.until, now);
    if (entry.kind === 'sums') this.#sums.set(entry.version, new ScoreSums(entry.isShare, entry.sums));
    if (entry.kind !== 'joined' || !Number.isFinite(entry.value)) return;
    const kept = this.#kept.find(entry.id);
    if (kept !== undefined && entry.record < this.#kept.about(kept).count) this.#kept.take(kept, entry.record);
    this.#sumsOf(entry.version, entry.isShare).add(entry.value);
  }

  /** All that was joined so far. */
  snapshot(): readonly OutcomeEntry[] {
    return [...this.#sums].map(([version, { isShare, sums }]) => ({ kind: 'sums', version, isShare, sums }));
  }

  #sumsOf(version: string, isShare: boolean): ScoreSums {
    let sums = this.#sums.get(version);
    if (sums === undefined) {
      sums = new ScoreSums(isShare);
      this.#sums.set(version, sums);
    }
    return sums;
  }
}
