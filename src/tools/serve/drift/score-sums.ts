/** What predictions were worth: share that was right, or mean absolute error. */
export interface OutcomeScore {
  readonly metric: 'accuracy' | 'mae';
  readonly value: number;
  /** Of 95 %: Wilson's for a share, by the normal approximation for a mean. */
  readonly interval: readonly [low: number, high: number];
  readonly count: number;
}

const z = 1.959963984540054;

/** Averages what predictions were worth, one outcome after another: Welford's mean and sum of squares. */
export class ScoreSums {
  readonly isShare: boolean;
  #count = 0;
  #mean = 0;
  #squares = 0;

  /** @param sums - what {@link ScoreSums.sums} was, to go on from */
  constructor(isShare: boolean, sums: readonly [count: number, mean: number, squares: number] = [0, 0, 0]) {
    this.isShare = isShare;
    [this.#count, this.#mean, this.#squares] = sums;
  }

  /** Count, mean and sum of squares so far. */
  get sums(): readonly [count: number, mean: number, squares: number] {
    return [this.#count, this.#mean, this.#squares];
  }

  get count(): number {
    return this.#count;
  }

  /** Takes 1 or 0 for a class, an absolute error for a number. */
  add(value: number): void {
    this.#count++;
    const difference = value - this.#mean;
    this.#mean += difference / this.#count;
    this.#squares += difference * (value - this.#mean);
  }

  /** The score of all that was added; something was. */
  score(): OutcomeScore {
    const [count, mean] = [this.#count, this.#mean];
    if (!this.isShare) {
      const half = count < 2 ? Number.POSITIVE_INFINITY : z * Math.sqrt(this.#squares / (count - 1) / count);
      return { metric: 'mae', value: mean, interval: [Math.max(0, mean - half), mean + half], count };
    }
    const middle = (mean + (z * z) / (2 * count)) / (1 + (z * z) / count);
    const spread = Math.sqrt((mean * (1 - mean)) / count + (z * z) / (4 * count * count));
    const half = (z * spread) / (1 + (z * z) / count);
    return { metric: 'accuracy', value: mean, interval: [middle - half, middle + half], count };
  }
}
