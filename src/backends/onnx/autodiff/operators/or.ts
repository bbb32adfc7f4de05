import { comparison } from '../binary.ts';

/** Whether a or b. */
export const or = comparison('Or');
