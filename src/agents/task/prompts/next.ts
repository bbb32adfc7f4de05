import { type Prompt, told } from '../../../core/prompt.ts';
import type { NextSubject } from '../stages/next.ts';

/** What a language model is told after a measured outcome: validation scores alone. */
export const nextPrompt: Prompt<NextSubject> = {
  about:
    'What comes after the measured outcome: freeze the best model, search on, learn from more rows, or stop without a model.',
  facts: [
    told('metric', { isNeeded: true }),
    told('threshold'),
    told('baseline'),
    told('standardError'),
    told('canSearchOn', { isNeeded: true }),
    told('budgetLeft'),
    told('rowsUsed', { isNeeded: true }),
    told('rowsThere', { isNeeded: true }),
    told('limitsKept'),
    // The latest are what the choice rests on.
    { name: 'bestSoFar', value: ({ best }) => best.slice(-20) },
  ],
};
