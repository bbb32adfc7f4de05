import { reduction } from '../reduction.ts';

/** The sum over axes. */
export const reduceSum = reduction('ReduceSum', ({ wide }) => wide);
