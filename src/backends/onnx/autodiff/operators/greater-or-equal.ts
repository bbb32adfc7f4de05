import { comparison } from '../binary.ts';

/** Whether a ≥ b. */
export const greaterOrEqual = comparison('GreaterOrEqual');
