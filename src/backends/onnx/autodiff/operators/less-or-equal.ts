import { comparison } from '../binary.ts';

/** Whether a ≤ b. */
export const lessOrEqual = comparison('LessOrEqual');
