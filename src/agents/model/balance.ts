import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import type { ClassWeight, Sourced } from '../../core/task-spec.ts';
import { balancePrompt } from './prompts/balance.ts';

/** What the weight of classes is chosen from. */
export interface BalanceSubject {
  readonly metric: string;
  readonly classes: number;
  /** What the request says of it. */
  readonly asked?: ClassWeight;
  readonly source?: Sourced<ClassWeight>['source'];
}

/** Whether fits count rows as they come, or every class alike. */
export const balanceQuestion = defineQuestion({
  id: 'model.balance',
  about: balancePrompt.about,
  prompt: balancePrompt,
  facts: ({ metric, classes, asked }: BalanceSubject) => ({
    metric,
    classes,
    ...(asked === undefined ? {} : { asked }),
  }),
  answer: () => z.strictObject({ classWeight: z.enum(['none', 'balanced']) }),
  rule: ({ metric, asked, source }) =>
    asked === undefined
      ? {
          answer: { classWeight: 'none' as const },
          why: `Nobody asked for it: rare classes get their due where probabilities become labels, by a rule that is measured for ${metric}.`,
        }
      : { answer: { classWeight: asked }, why: source === 'host' ? 'The host has fixed it.' : 'The request says so.' },
  language: 'unsure',
});
