import { z } from 'zod';
import { searchMetricOf } from '../../core/search-metric.ts';
import { shownScore } from '../../core/task-spec.ts';
import type { Tool } from '../../core/tool.ts';
import type { Searched } from '../model/search.ts';
import type { Understood } from '../task/stages/understand.ts';

/** Candidates that one look lists. */
const most = 10;

/** A look at the trials so far: validation scores alone. */
export const trialsTool: Tool<{ readonly best: number }> = {
  name: 'trials',
  about: `Lists the best candidates so far (at most ${most}) with their configurations and validation scores.`,
  input: ({ message }) =>
    message<Searched>('model.search') === undefined ? undefined : z.strictObject({ best: z.int().min(1).max(most) }),
  run({ best }, { message }) {
    const { ranking, baseline, trials, stopped } = message<Searched>('model.search')!;
    const metric = searchMetricOf(message<Understood>('task.understand')!.spec);
    const line = ({ learner, configuration, score }: Searched['ranking'][number]) => ({
      learner,
      configuration,
      score: shownScore(metric, score),
    });
    return {
      metric,
      trials,
      stopped,
      best: ranking.slice(0, best).map(line),
      ...(baseline === undefined ? {} : { baseline: line(baseline) }),
    };
  },
};
