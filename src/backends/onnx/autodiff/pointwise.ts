import type { Attributes } from './value.ts';

/** Operators of one input that work on each value alone, and make finite values of zeros. */
export const finitePointwise: readonly string[] = [
  'Abs',
  'Clip',
  'Elu',
  'Erf',
  'Exp',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Neg',
  'Relu',
  'Sigmoid',
  'Softplus',
  'Tanh',
];

/** Operators of two inputs that work on each pair of values alone, and make finite values of zeros. */
export const finitePairwise: readonly string[] = ['Add', 'Max', 'Min', 'Mul', 'Sub'];

/** Whether a transposition puts the axes into this order. */
export function hasOrder({ perm }: Attributes, order: readonly number[]): boolean {
  return (
    perm !== undefined &&
    'ints' in perm &&
    perm.ints.length === order.length &&
    order.every((axis, i) => perm.ints[i] === axis)
  );
}
