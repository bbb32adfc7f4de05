import { type Prompt, told } from '../../../core/prompt.ts';
import type { CalibrationSubject } from '../decide.ts';

/** What a language model is told before probabilities are calibrated. */
export const calibrationPrompt: Prompt<CalibrationSubject> = {
  about: 'How predicted probabilities are calibrated: by what measures best, or by a fixed method.',
  facts: [told('task', { isNeeded: true }), told('rowCount'), told('isPlanned')],
};
