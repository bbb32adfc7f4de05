import { elementwise } from '../operator.ts';

/** The next integer below; flat everywhere. */
export const floor = elementwise('Floor', () => undefined);
