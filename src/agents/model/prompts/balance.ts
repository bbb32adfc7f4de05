import { type Prompt, told } from '../../../core/prompt.ts';
import type { BalanceSubject } from '../balance.ts';

/** What a language model is told before the classes are weighed. */
export const balancePrompt: Prompt<BalanceSubject> = {
  about: 'Whether the fits count rows as they come, or every class alike.',
  facts: [told('metric', { isNeeded: true }), told('asked'), told('classes')],
};
