/** What a check can find. */
export type CheckCode =
  /** The column holds the target itself. */
  | 'TARGET_COPY'
  /** The column is a one-to-one renaming, a line or a monotone function of the target. */
  | 'TARGET_RECODED'
  /** The column alone predicts the target almost perfectly. */
  | 'TARGET_LEAK'
  /** Whether the column has a value tells the target. */
  | 'MISSINGNESS_LEAK'
  /** Rows of the vault equal learning rows in every input. */
  | 'DUPLICATES_ACROSS_VAULT'
  /** Rows with equal inputs have different targets. */
  | 'CONFLICTING_LABELS'
  /** One class is rare. */
  | 'IMBALANCE'
  /** More than half of a column is missing. */
  | 'MANY_MISSING'
  /** The column has one value in the learning rows. */
  | 'CONSTANT_COLUMN'
  /** Values of the column are alike once they are rounded to float32, as a model takes them. */
  | 'PRECISION_LOST'
  /** The target changes along a time column while no time role is set. */
  | 'TIME_DRIFT'
  /** Target values lie far outside the others. */
  | 'TARGET_OUTLIERS'
  /** Rows of one entity repeat and share the target, while no group role is set. */
  | 'ENTITY_REPEATS';

/** One finding: plain facts, no cell values. */
export interface CheckResult {
  readonly code: CheckCode;
  /** `severe`: the score would mislead; `warning`: look at it; `info`: good to know. */
  readonly severity: 'info' | 'warning' | 'severe';
  readonly column?: string;
  readonly evidence: Readonly<Record<string, number | string | boolean>>;
}
