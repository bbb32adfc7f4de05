import { elementwise } from '../operator.ts';

/** The value itself. */
export const identity = elementwise('Identity', ({ gradient }) => gradient);
