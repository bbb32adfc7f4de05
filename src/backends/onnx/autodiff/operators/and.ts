import { comparison } from '../binary.ts';

/** Whether a and b. */
export const and = comparison('And');
