import { type Prompt, told } from '../../../core/prompt.ts';
import type { FormsSubject } from '../forms.ts';

/** What a language model is told of the forms that were asked for. */
export const formsPrompt: Prompt<FormsSubject> = {
  about: 'Which of the forms that were asked for are delivered, and which of them is the model that is judged.',
  facts: [told('forms', { isNeeded: true }), told('float32', { isNeeded: true }), told('limits')],
};
