import { defineOperator, integersOf, unfit } from '../operator.ts';
import type { ValueType } from '../value.ts';

const types: readonly ValueType[] = ['float', 'double', 'int64', 'int32', 'bool'];

/** One value in every place of a constant shape; nothing goes back through it. */
export const constantOfShape = defineOperator({
  name: 'ConstantOfShape',
  infer([shape], { value }) {
    const type = value !== undefined && 'tensor' in value ? value.tensor.type : 'float';
    const known = types.find((name) => name === type);
    if (known === undefined) throw unfit('ConstantOfShape', `expected a number, got ${type}`);
    return [{ type: known, shape: integersOf('ConstantOfShape', shape!) }];
  },
  gradient: () => undefined,
});
