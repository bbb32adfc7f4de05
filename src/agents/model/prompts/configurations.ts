import type { Prompt } from '../../../core/prompt.ts';
import type { ConfigurationsSubject } from '../candidates.ts';

/** What a language model is told of the spaces of configurations. */
export const configurationsPrompt: Prompt<ConfigurationsSubject> = {
  about: 'Further configurations to try, each within the axes of its learner.',
  facts: [
    { name: 'data', value: ({ facts }) => facts },
    { name: 'spaces', isNeeded: true, value: ({ spaces }) => spaces as never },
  ],
};
