import { searchMetric } from '../../core/search-metric.ts';
import type { MetricId } from '../../core/task-spec.ts';
import { type Ensemble, selectEnsemble } from '../evaluate/ensemble.ts';
import { readOutOfFold } from '../evaluate/out-of-fold.ts';
import { readTrainingSet } from '../learn/training-set.ts';
import { defineAction } from './action.ts';

export interface CombineInput {
  readonly set: string;
  /** Blobs of out-of-fold predictions, a list a candidate, the best first. */
  readonly candidates: readonly (readonly string[])[];
  readonly metric: MetricId;
  /** Distinct members at most. */
  readonly maxMembers: number;
  readonly seed: number;
}

/** Chooses a weighted blend of candidates on their out-of-fold predictions. */
export const combine = defineAction<CombineInput, Ensemble>({
  name: 'combine',
  async run(input, context) {
    const set = await readTrainingSet(input.set, context);
    const rows = await Promise.all(input.candidates.map((blobs) => readOutOfFold(set, blobs, context)));
    return selectEnsemble(
      {
        truth: rows[0]!.target,
        classCount: set.problem.classCount,
        members: rows.map(({ predictions }) => predictions),
        best: 0,
        weights: rows[0]!.weights,
      },
      { metric: searchMetric(input.metric, set.problem.task), seed: input.seed, maxMembers: input.maxMembers },
    );
  },
});
