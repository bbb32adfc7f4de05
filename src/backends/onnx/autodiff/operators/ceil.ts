import { elementwise } from '../operator.ts';

/** The next integer above; flat everywhere. */
export const ceil = elementwise('Ceil', () => undefined);
