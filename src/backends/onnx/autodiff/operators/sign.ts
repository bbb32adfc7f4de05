import { elementwise } from '../operator.ts';

/** −1, 0 or 1; flat everywhere. */
export const sign = elementwise('Sign', () => undefined);
