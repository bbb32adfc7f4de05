import { type Prompt, told } from '../../../core/prompt.ts';
import type { CandidatesSubject } from '../candidates.ts';

/** What a language model is told of the learners that there are. */
export const candidatesPrompt: Prompt<CandidatesSubject> = {
  about: 'Which learners to try, in which order.',
  facts: [
    told('task', { isNeeded: true }),
    told('available', { isNeeded: true }),
    told('planned'),
    told('rowCount'),
    told('numberCount'),
    told('categoryCount'),
    told('missingShare'),
  ],
};
