import type { Json } from '../../../core/helpers/canonical-json.ts';
import { type Prompt, told } from '../../../core/prompt.ts';
import type { DriftSubject } from '../stages/drift.ts';

/** What a language model is told of drift: which columns differ and in what; measures where aggregates may be shown. */
export const driftPrompt: Prompt<DriftSubject> = {
  about:
    'What to do about a served model whose records are no longer like training: keep it, look at where the data come from, collect outcomes first, or train again.',
  facts: [
    told('drifted', { isNeeded: true }),
    told('predictionAlarms', { isNeeded: true }),
    told('score'),
    told('task'),
    told('metric'),
    told('watchedColumns'),
    told('windowRows'),
    { name: 'measures', level: 'aggregates', value: ({ measures }) => measures as Json },
  ],
};
