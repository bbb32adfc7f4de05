import { blockedFilterGradient, smallFilterGradient } from '../../blocked-filter-gradient.ts';
import { blockedInputGradient } from '../../blocked-input-gradient.ts';
import { blockedWeights, plainInputWeights } from '../../blocked-weights.ts';
import { blockOf, channelSums, cutTo, filled, fromBlocks, padTo } from '../../blocks.ts';
import { type BuildContext, defineOperator, intOf } from '../../operator.ts';
import { type Window, windowAttributes, windowOf } from '../../window.ts';

/** The facts of one convolution on blocks. */
function factsOf({ inputs: [x, w], attributes }: Pick<BuildContext, 'inputs' | 'attributes'>) {
  const window: Window = windowOf('Conv', x!.shape.slice(2), w!.shape.slice(2), attributes);
  return { window, block: blockOf(attributes), isPlain: intOf(attributes, '_plain', 0) === 1 };
}

/**
 * Convolution of images in blocks; with `_plain`, of an image [N, C, H, W] whose channels are fewer than a block.
 * w: [O, C, kh, kw] and b: [O] as they are, put into blocks each time: that costs little beside the convolution.
 * The same kernel serves forward, the gradient of x and that of w.
 */
export const blockedConvolution = defineOperator({
  name: 'BlockedConvolution',
  build(context) {
    const { graph, inputs } = context;
    const [x, w, b] = inputs;
    const { window, block, isPlain } = factsOf(context);
    const filters = filled(w!.shape[0]!, block);
    const weights = isPlain ? plainInputWeights(graph, w!, block) : blockedWeights(graph, w!, block);
    const bias = b === undefined ? [] : [padTo(graph, b, [filters])];
    return [
      graph.apply('nchwc.Conv', [x!, weights, ...bias], {
        ...windowAttributes(window),
        group: { int: 1 },
        _shape: { ints: [x!.shape[0]!, filters, ...window.output] },
      }),
    ];
  },
  gradient(context, index) {
    const { graph, inputs, gradient } = context;
    const [x, w] = inputs;
    const { window, block, isPlain } = factsOf(context);
    if (index === 2) return cutTo(graph, channelSums(graph, gradient), [w!.shape[0]!]);
    const [, channels, kh, kw] = w!.shape as [number, number, number, number];
    if (index === 0) {
      const shape = x!.shape.with(1, filled(channels, block));
      const made = blockedInputGradient(graph, gradient, w!, shape, window, block);
      return isPlain ? fromBlocks(graph, made, channels) : made;
    }
    if (isPlain && channels * kh * kw <= block)
      return smallFilterGradient(graph, x!, gradient, w!.shape, window, block);
    return blockedFilterGradient(graph, x!, gradient, w!.shape, window, { block, isPlain });
  },
});
