import { type Prompt, told } from '../../../core/prompt.ts';
import type { CompressionSubject } from '../compress.ts';

/** What a language model is told of the variants of a model. */
export const compressionPrompt: Prompt<CompressionSubject> = {
  about: 'Which variant of the chosen model to keep: as it was found, or a smaller one.',
  facts: [told('limits', { isNeeded: true }), told('variants', { isNeeded: true })],
};
