import { defineOperator, integersOf, intOf, unfit } from '../operator.ts';

/** Vectors with one value at a position and another elsewhere, along a new last axis. */
export const oneHot = defineOperator({
  name: 'OneHot',
  infer([indices, depth, values], attributes) {
    if (intOf(attributes, 'axis', -1) !== -1) throw unfit('OneHot', 'expected the last axis');
    return [{ type: values!.type, shape: [...indices!.shape, integersOf('OneHot', depth!)[0]!] }];
  },
  gradient: () => undefined,
});
