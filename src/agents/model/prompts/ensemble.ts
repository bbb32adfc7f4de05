import { type Prompt, told } from '../../../core/prompt.ts';
import type { EnsembleSubject } from '../ensemble.ts';

/** What a language model is told of a blend and of the best candidate alone. */
export const ensemblePrompt: Prompt<EnsembleSubject> = {
  about: 'Whether the model is the best candidate alone or a weighted blend of several.',
  facts: [
    told('gain', { isNeeded: true }),
    told('standardError', { isNeeded: true }),
    told('criterion'),
    told('isLimited'),
    told('best'),
    told('blend', { isNeeded: true }),
  ],
};
