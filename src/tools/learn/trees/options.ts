import { TrainerError } from '../../../core/errors.ts';
import type { Configuration, Problem } from '../learner.ts';

/** The loss that is lowered: cross entropy of one or several classes, squared error, or the pinball loss of a quantile. */
export type Objective = 'logistic' | 'softmax' | 'squared' | 'quantile';

/** Checked options of a fit; names and meanings follow LightGBM's where it has the same (its name in parentheses). */
export interface TreesOptions {
  readonly objective: Objective;
  /** Quantile of `objective: 'quantile'`. @default 0.5 */
  readonly alpha: number;
  /** Boosting rounds; a multiclass round has one tree a class. @default 100 */
  readonly iterations: number;
  /** @default 0.1 */
  readonly learningRate: number;
  /** Most leaves of a tree (num_leaves). @default 31 */
  readonly leaves: number;
  /** Most levels of a tree, 0 for no limit (max_depth). @default 0 */
  readonly maxDepth: number;
  /** Least rows of a leaf, estimated by its share of the hessian (min_data_in_leaf). @default 20 */
  readonly minChildSamples: number;
  /** Least hessian sum of a leaf (min_sum_hessian_in_leaf). @default 1e-3 */
  readonly minChildHessian: number;
  /** Added to each leaf's hessian sum (lambda_l2). @default 0 */
  readonly l2: number;
  /** Least gain of a split (min_gain_to_split). @default 0 */
  readonly minSplitGain: number;
  /** Share of the rows drawn for each round, without replacement (bagging_fraction, bagging_freq 1). @default 1 */
  readonly rowShare: number;
  /** Share of the features drawn for each tree (feature_fraction). @default 1 */
  readonly columnShare: number;
  /** Most bins of a feature, missing apart, 2 … 255 (max_bin). @default 255 */
  readonly maxBins: number;
  /** Least sampled rows of a bin (min_data_in_bin). @default 3 */
  readonly minBinSamples: number;
  /** Rounds without a better validation loss before stopping, 0 for never (early_stopping_round). @default 0 */
  readonly earlyStopping: number;
  /** Pulls the statistic that orders categories to 0, and the least rows of a category (cat_smooth). @default 10 */
  readonly categorySmoothing: number;
  /** Added to `l2` in splits of several categories (cat_l2). @default 10 */
  readonly categoryL2: number;
  /** Up to so many categories, one is split from the rest (max_cat_to_onehot). @default 4 */
  readonly categoryOneHot: number;
  /** Most categories of the smaller side (max_cat_threshold). @default 32 */
  readonly categoryMost: number;
  /** Least rows that a boundary between sorted categories moves by (min_data_per_group). @default 100 */
  readonly categoryGroup: number;
}

type NumberOption = Exclude<keyof TreesOptions, 'objective'>;

/** Default, lowest, highest, and whether the value must be an integer. */
const numberOptions: Readonly<Record<NumberOption, readonly [number, number, number, boolean]>> = {
  alpha: [0.5, 1e-6, 1 - 1e-6, false],
  iterations: [100, 0, 100_000, true],
  learningRate: [0.1, 1e-6, 10, false],
  leaves: [31, 2, 4096, true],
  maxDepth: [0, 0, 4096, true],
  minChildSamples: [20, 1, 1e9, true],
  minChildHessian: [1e-3, 1e-12, 1e12, false],
  l2: [0, 0, 1e12, false],
  minSplitGain: [0, 0, 1e12, false],
  rowShare: [1, 1e-3, 1, false],
  columnShare: [1, 1e-3, 1, false],
  maxBins: [255, 2, 255, true],
  minBinSamples: [3, 1, 1e9, true],
  earlyStopping: [0, 0, 100_000, true],
  categorySmoothing: [10, 0, 1e9, false],
  categoryL2: [10, 0, 1e12, false],
  categoryOneHot: [4, 0, 255, true],
  categoryMost: [32, 1, 255, true],
  categoryGroup: [100, 1, 1e9, true],
};

function objectiveOf(configuration: Configuration, problem: Problem): Objective {
  const asked = configuration.objective ?? 'default';
  if (asked === 'quantile' && problem.task === 'regression') return 'quantile';
  if (asked !== 'default') {
    throw new TrainerError(
      'REQUEST_INVALID',
      `Expected the trees' objective to be 'default', or 'quantile' for regression; got '${asked}' for ${problem.task}.`,
    );
  }
  if (problem.task === 'regression') return 'squared';
  return problem.task === 'binary' ? 'logistic' : 'softmax';
}

/**
 * Checks a configuration and fills in what it leaves out.
 *
 * @throws {TrainerError} REQUEST_INVALID for an unknown key or a value out of range.
 */
export function readOptions(configuration: Configuration, problem: Problem): TreesOptions {
  for (const key of Object.keys(configuration)) {
    if (key !== 'objective' && !Object.hasOwn(numberOptions, key)) {
      const known = ['objective', ...Object.keys(numberOptions)].join(', ');
      throw new TrainerError('REQUEST_INVALID', `Expected an option of the trees (${known}), got '${key}'.`);
    }
  }
  const values = {} as Record<NumberOption, number>;
  for (const [key, [fallback, low, high, isInteger]] of Object.entries(numberOptions)) {
    const value = configuration[key] ?? fallback;
    if (typeof value !== 'number' || !(value >= low && value <= high) || (isInteger && !Number.isInteger(value))) {
      const kind = isInteger ? 'an integer' : 'a number';
      throw new TrainerError('REQUEST_INVALID', `Expected ${key} to be ${kind} from ${low} to ${high}, got ${value}.`);
    }
    values[key as NumberOption] = value;
  }
  return { objective: objectiveOf(configuration, problem), ...values };
}
