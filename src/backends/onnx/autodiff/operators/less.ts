import { comparison } from '../binary.ts';

/** Whether a < b. */
export const less = comparison('Less');
