import type { TaskSpec } from '../../../core/task-spec.ts';
import type { ColumnProfile, TableProfile } from '../../../tools/data/profile/profile.ts';
import type { LearnerFacts } from '../../../tools/learn/learner.ts';
import type { Plan, PlanStep } from './plan.ts';

/** Share of the rows that the split puts into the vault, and the most values of a category that become features. */
const vaultShare = 0.2;
const mostCategories = 253;
/** Numbers that a datetime becomes: those of its parts that mostly vary. */
const numbersOfDatetime = 3;

/** What learners will be told of the data, expected from their profile before anything is prepared. */
export interface ExpectedFacts {
  /** Of a fit of the search. */
  readonly search: LearnerFacts;
  /** Of the last fit, on all rows outside the vault. */
  readonly refit: LearnerFacts;
  readonly vaultRows: number;
}

/** Expects what a run would find: which columns become features, and how many rows a fit has. */
export function expectedFacts(
  spec: TaskSpec,
  profile: TableProfile,
  plan: Plan,
  testRows: number | undefined,
): ExpectedFacts {
  const target = profile.columns.find(({ name }) => name === spec.target.value);
  const rows = profile.rowCount - (target?.missing ?? 0);
  const split = plan.steps.find((step): step is Extract<PlanStep, { step: 'split' }> => step.step === 'split')!;
  const reduce = plan.steps.find((step): step is Extract<PlanStep, { step: 'reduce' }> => step.step === 'reduce');
  const vaultRows = testRows ?? (split.vault ? Math.round(rows * vaultShare) : 0);
  const trainRows = testRows === undefined ? rows - vaultRows : rows;
  const foldRows = Math.max(1, Math.round((trainRows * (split.folds - 1)) / split.folds));
  const inputs = profile.columns.filter((column) => spec.inputs.value.includes(column.name) && isUseful(column));
  const missing = inputs.reduce((sum, column) => sum + column.missing, 0);
  const classCount = spec.task.value === 'binary' ? 2 : spec.task.value === 'multiclass' ? (target?.distinct ?? 3) : 0;
  const shared = {
    task: spec.task.value,
    classCount,
    numberCount: inputs.reduce((sum, column) => sum + numbersOf(column), 0),
    categorySizes: inputs
      .filter(({ kind }) => kind === 'category')
      .map(({ distinct }) => Math.min(distinct, mostCategories) + 2),
    missingShare: profile.rowCount === 0 ? 0 : missing / (profile.rowCount * Math.max(1, inputs.length)),
  };
  return {
    search: { ...shared, rowCount: Math.min(foldRows, reduce?.rows ?? foldRows) },
    refit: { ...shared, rowCount: trainRows },
    vaultRows,
  };
}

function isUseful({ kind, distinct, identifier }: ColumnProfile): boolean {
  return kind !== 'text' && !identifier && distinct > 1;
}

function numbersOf({ kind }: ColumnProfile): number {
  return kind === 'number' || kind === 'boolean' ? 1 : kind === 'datetime' ? numbersOfDatetime : 0;
}
