import { TrainerError } from '../../../core/errors.ts';

/** What learning from a sample cost in score, measured. */
export interface SamplingCost {
  /** Mean score of learning from all rows less that from the sample (greater is better): what sampling lost. */
  readonly loss: number;
  /** Ends of the 95 % interval of the loss. */
  readonly low: number;
  readonly high: number;
  /** Whether the interval leaves 0 out. */
  readonly significant: boolean;
  readonly fits: number;
}

/** 97.5 % quantiles of Student's t for 1 … 10 degrees of freedom; above, 2.23 errs on the wide side. */
const student = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/**
 * Compares scores of the same configuration on the same validation rows, learned from all rows and from a sample.
 *
 * @param full - score of each fit on all learning rows, greater is better.
 * @param sampled - score of the same fits on the sample.
 * @throws {TrainerError} INTERNAL where the two lists differ in length or have fewer than two scores.
 */
export function measureSamplingCost(full: readonly number[], sampled: readonly number[]): SamplingCost {
  if (full.length !== sampled.length || full.length < 2) {
    throw new TrainerError(
      'INTERNAL',
      `Expected at least 2 scores, as many of the sample as of all rows, got ${full.length} and ${sampled.length}.`,
    );
  }
  const differences = full.map((score, fit) => score - sampled[fit]!);
  const count = differences.length;
  const loss = differences.reduce((sum, value) => sum + value, 0) / count;
  const variance = differences.reduce((sum, value) => sum + (value - loss) * (value - loss), 0) / (count - 1);
  // Folds share learning rows, so their differences are not independent: Nadeau and Bengio's correction (2003).
  const error = Math.sqrt(variance * (1 / count + 1 / (count - 1)));
  const width = error * (student[count - 2] ?? 2.23);
  return { loss, low: loss - width, high: loss + width, significant: Math.abs(loss) > width, fits: count };
}
