import type { StageContext } from '../../core/stage.ts';
import type { TrialOutput } from '../../tools/actions/trial.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import type { Ranked } from './search.ts';

/** The seed of a candidate's fits. */
export function searchSeed(context: StageContext, candidate: number): string {
  return `${context.input.seed}/${candidate}`;
}

/**
 * Fits of a candidate as search made them, from another number of rows, scored on their folds.
 *
 * @param learnRows all where absent
 */
export function fitAgain(
  context: StageContext,
  prepared: Prepared,
  { learner, configuration, trial }: Pick<Ranked, 'learner' | 'configuration' | 'trial'>,
  fits: readonly { readonly repeat: number; readonly fold: number }[],
  learnRows: number | undefined,
): Promise<TrialOutput> {
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  return callAction(
    context,
    'trial',
    {
      set: prepared.set,
      learner,
      configuration,
      iterationShare: 1,
      fits: [...fits],
      metric: taskSpecOf(context).metrics[0]!.metric,
      ...(learnRows === undefined ? {} : { learnRows }),
      seed: searchSeed(context, trial),
    },
    { onHost: onHost.includes(learner) },
  );
}
