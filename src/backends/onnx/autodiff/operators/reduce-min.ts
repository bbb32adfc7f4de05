import { extreme } from '../extreme.ts';

/** The smallest value over axes. */
export const reduceMin = extreme('ReduceMin');
