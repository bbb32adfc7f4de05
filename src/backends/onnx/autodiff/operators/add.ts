import { binary } from '../binary.ts';

/** a + b. */
export const add = binary('Add', [({ gradient }) => gradient, ({ gradient }) => gradient]);
