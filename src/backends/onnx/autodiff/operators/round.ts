import { elementwise } from '../operator.ts';

/** The nearest integer, halves to the even one; flat everywhere. */
export const round = elementwise('Round', () => undefined);
