import { blockOf, fromBlocks, toBlocks } from '../../blocks.ts';
import { defineOperator, intOf } from '../../operator.ts';

const isLast = (attributes: Parameters<typeof intOf>[0]): boolean => intOf(attributes, '_last', 0) === 1;

/** An image [N, C, H, W], or [N, H, W, C] with `_last`, in blocks. */
export const blockImages = defineOperator({
  name: 'BlockImages',
  build: ({ graph, inputs: [x], attributes }) => [toBlocks(graph, x!, blockOf(attributes), isLast(attributes))],
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const last = isLast(attributes);
    return fromBlocks(graph, gradient, x!.shape[last ? 3 : 1]!, last);
  },
});

/** Blocks as an image [N, C, H, W], or [N, H, W, C] with `_last`; `_channels` are C. */
export const unblockImages = defineOperator({
  name: 'UnblockImages',
  build: ({ graph, inputs: [x], attributes }) => [
    fromBlocks(graph, x!, intOf(attributes, '_channels', 0), isLast(attributes)),
  ],
  gradient: ({ graph, attributes, gradient }) => toBlocks(graph, gradient, blockOf(attributes), isLast(attributes)),
});
