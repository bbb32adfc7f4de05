import { extreme } from '../extreme.ts';

/** The largest value over axes. */
export const reduceMax = extreme('ReduceMax');
