import { elementwise } from '../operator.ts';

/** Whether x does not hold; nothing goes back through it. */
export const not = elementwise('Not', () => undefined);
