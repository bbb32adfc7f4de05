import type { MetricId } from '../../core/task-spec.ts';
import type { PartialDependence } from '../actions/dependence.ts';
import type { WorstRowFact } from '../actions/explain.ts';
import type { ImportanceOutput } from '../actions/importance.ts';
import type { Where } from '../evaluate/column-parts.ts';
import type { GroupScores } from '../evaluate/group-scores.ts';
import type { SliceSearch } from '../evaluate/slices.ts';

/** Why the model answers as it does, and where it errs. */
export interface ExplanationFacts {
  /** Present once the model was judged. */
  readonly importance?: ImportanceFacts;
  readonly dependence: DependenceFacts;
  readonly errors: ErrorFacts;
  /** By column that the result should be fair to. */
  readonly groups: readonly (GroupScores & { readonly record?: string })[];
  readonly learningCurve?: LearningCurveFacts;
}

/** How much the score falls where a column is shuffled. */
export interface ImportanceFacts extends ImportanceOutput {
  /** `learning` where the data are too few for a vault: then it flatters. */
  readonly on: 'vault' | 'learning';
  readonly record?: string;
}

/** The mean answer where one column is held at a value. */
export interface DependenceFacts {
  /** Rows of the data that the mean is over. */
  readonly rows: number;
  /** What the means are of: classes (the positive one of two), or nothing for a number. */
  readonly classes: readonly string[];
  readonly columns: readonly DependenceCurve[];
  readonly record?: string;
}

/** The mean answers of one column; `at`: a number, or the label of a value. */
export interface DependenceCurve extends Omit<PartialDependence, 'points'> {
  readonly points: readonly (PartialDependence['points'][number] & { readonly at: number | string })[];
}

/** Where the model errs on rows outside the vault, each predicted by a model that has not seen it. */
export interface ErrorFacts {
  readonly judged: number;
  readonly wrong: number;
  /** Labels by class number; empty for regression. */
  readonly classes: readonly string[];
  /** Mean loss: the share of wrong labels, or the mean absolute error. */
  readonly loss: number;
  readonly slices: SliceSearch<Where> & { readonly rows: number };
  readonly worst: readonly WorstRowFact[];
  /** The values of the worst rows by column, in their order; where the host's privacy allows samples. */
  readonly values?: readonly Readonly<Record<string, string>>[];
  readonly record?: string;
}

/** The score by the number of rows that were learned from. */
export interface LearningCurveFacts {
  readonly learner: string;
  readonly metric: MetricId;
  readonly folds: number;
  readonly points: readonly { readonly rows: number; readonly score: number }[];
  /** Of the last doubling: greater is better. */
  readonly gain: { readonly gain: number; readonly low: number; readonly high: number; readonly significant: boolean };
  readonly workUnits: number;
  readonly record?: string;
}
