import { TrainerError } from '../core/errors.ts';

const remedies = {
  MODEL_INVALID: 'The file was not run; copy or export it again from where it was made.',
  MODEL_UNSUPPORTED: 'The file was not run; export it again without that, or in another version.',
} as const;

/** The error of a file that is damaged, or holds what can't be run here: what was found in it, and what can be done. */
export function modelFault(code: keyof typeof remedies, what: string, cause?: unknown): TrainerError {
  return new TrainerError(code, `${what} ${remedies[code]}`, cause === undefined ? {} : { cause });
}
