import { comparison } from '../binary.ts';

/** Whether a = b. */
export const equal = comparison('Equal');
