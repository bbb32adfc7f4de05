import type { StageContext } from '../../core/stage.ts';
import type { TrialInput, TrialOutput } from '../../tools/actions/trial.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import type { Member } from './ensemble.ts';

/** The seed of a candidate's fits. */
export function searchSeed(context: StageContext, candidate: number): string {
  return `${context.input.seed}/${candidate}`;
}

/** Every fit of cross-validation: each fold of each repeat. */
export function everyFit({ folds, repeats }: Pick<Prepared, 'folds' | 'repeats'>): TrialInput['fits'][number][] {
  return Array.from({ length: folds * repeats }, (_, i) => ({ repeat: Math.floor(i / folds), fold: i % folds }));
}

/** Fits of a candidate with its seed in the search, scored on their folds; what they cost is spent. */
export async function fitAgain(
  context: StageContext,
  { learner, configuration, trial, features }: Pick<Member, 'learner' | 'configuration' | 'trial' | 'features'>,
  {
    fits,
    iterations,
    learnRows,
    keepModels,
  }: {
    readonly fits: TrialInput['fits'];
    /** @default as search made them, until they stop early */
    readonly iterations?: number | undefined;
    /** @default all rows */
    readonly learnRows?: number | undefined;
    readonly keepModels?: boolean;
  },
): Promise<TrialOutput> {
  const { set } = context.message<Prepared>('data.prepare')!;
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  const output = await callAction(
    context,
    'trial',
    {
      set,
      learner,
      configuration,
      ...(iterations === undefined ? {} : { iterations }),
      ...(features === undefined ? {} : { features }),
      iterationShare: 1,
      fits: [...fits],
      metric: taskSpecOf(context).metrics[0]!.metric,
      ...(learnRows === undefined ? {} : { learnRows }),
      seed: searchSeed(context, trial),
      ...(keepModels === undefined ? {} : { keepModels }),
    },
    { onHost: onHost.includes(learner) },
  );
  context.budget.spend(output.workUnits);
  return output;
}
