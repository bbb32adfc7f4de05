import { type OutcomeScore, ScoreSums } from './score-sums.ts';

/** What a model was worth before it was served. */
export interface ExpectedScore {
  readonly of: 'vault' | 'validation';
  readonly metric: OutcomeScore['metric'];
  readonly value: number;
  /** Of 95 %. */
  readonly interval: readonly [low: number, high: number];
}

/**
 * Holds outcomes, in windows, against what was measured before. A window is worse where its 95 % interval lies wholly on
 * the worse side of the other's; an alarm needs two in a row.
 */
export class ScoreMonitor {
  readonly #expected: ExpectedScore;
  readonly #windowRows: number;
  #sums: ScoreSums | undefined;
  #isWorse = false;
  #isAlarm = false;
  #last: OutcomeScore | undefined;

  constructor(expected: ExpectedScore, windowRows: number) {
    this.#expected = expected;
    this.#windowRows = windowRows;
  }

  /** Whether the last two full windows were worse. */
  get isAlarm(): boolean {
    return this.#isAlarm;
  }

  /** The last full window. */
  get last(): OutcomeScore | undefined {
    return this.#last;
  }

  /** Takes one outcome as {@link ScoreSums} does; tells whether it brought an alarm that was not there before. */
  add(isShare: boolean, value: number): boolean {
    const { metric, interval } = this.#expected;
    if (isShare !== (metric === 'accuracy')) return false;
    this.#sums ??= new ScoreSums(isShare);
    this.#sums.add(value);
    if (this.#sums.count < this.#windowRows) return false;
    this.#last = this.#sums.score();
    const [low, high] = this.#last.interval;
    const isWorse = isShare ? high < interval[0] : low > interval[1];
    const wasAlarm = this.#isAlarm;
    this.#isAlarm = isWorse && this.#isWorse;
    this.#isWorse = isWorse;
    this.#sums = undefined;
    return this.#isAlarm && !wasAlarm;
  }
}
