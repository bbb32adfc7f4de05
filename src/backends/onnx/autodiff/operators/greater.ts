import { comparison } from '../binary.ts';

/** Whether a > b. */
export const greater = comparison('Greater');
