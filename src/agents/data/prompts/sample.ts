import { type Prompt, told } from '../../../core/prompt.ts';
import type { SampleSubject } from '../reduce.ts';

/** What a language model is told of the rows that search may learn from. */
export const samplePrompt: Prompt<SampleSubject> = {
  about: 'How many rows each fit of the search learns from; the winner always learns from all.',
  facts: [told('rows', { isNeeded: true }), told('planned'), told('earlier')],
};
