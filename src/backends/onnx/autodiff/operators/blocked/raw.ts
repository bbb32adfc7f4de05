import { defineOperator, intsOf, type Operator, unfit } from '../../operator.ts';

/** An operator of the runtime's own domain of blocked images; whoever uses it says what shape comes out. */
function raw(type: string): Operator {
  return defineOperator({
    name: `nchwc.${type}`,
    type,
    domain: 'com.microsoft.nchwc',
    infer([x], attributes) {
      const shape = intsOf(attributes, '_shape');
      if (shape === undefined) throw unfit(`nchwc.${type}`, 'expected the shape of the output');
      return [{ type: x!.type, shape }];
    },
  });
}

/** Convolution, with a bias, a value to add and an activation: [N, C, H, W] in blocks, or as it is for few channels. */
export const blockedConv = raw('Conv');
/** The mean of each channel. */
export const blockedGlobalAveragePool = raw('GlobalAveragePool');
/** [N, C, H, W] into blocks, the last one filled up with zeros. */
export const reorderInput = raw('ReorderInput');
/** And back, the last block cut to the channels. */
export const reorderOutput = raw('ReorderOutput');
