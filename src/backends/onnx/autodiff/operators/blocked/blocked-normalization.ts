import { channelAffine, channelMeans, cutTo, padTo } from '../../blocks.ts';
import { defineOperator, floatOf } from '../../operator.ts';
import type { Value } from '../../value.ts';

/**
 * Batch normalisation of images in blocks while training, as `ChannelNormalization`; `scale` and `shift` are [C]. Means
 * are the runtime's pooling, and what scales and shifts each channel is a depthwise convolution of one tap, one pass
 * over the values where `Mul` and `Add` take one each.
 */
export const blockedNormalization = defineOperator({
  name: 'BlockedNormalization',
  build({ graph, inputs: [x, scale, shift], attributes }) {
    const stored = x!.shape[1]!;
    const channels = scale!.shape[0]!;
    const mean = channelMeans(graph, x!);
    const centred = channelAffine(graph, x!, graph.full([stored], 1, x!), graph.apply('Neg', [mean]));
    const variance = channelMeans(graph, graph.apply('Mul', [centred, centred]));
    const root = graph.apply('Sqrt', [
      graph.apply('Add', [variance, graph.scalar(floatOf(attributes, 'epsilon', 1e-5), x!)]),
    ]);
    const inverse = graph.apply('Reciprocal', [root]);
    const factor = graph.apply('Mul', [padTo(graph, scale!, [stored]), inverse]);
    const y = channelAffine(graph, centred, factor, padTo(graph, shift!, [stored]));
    return [y, cutTo(graph, mean, [channels]), cutTo(graph, variance, [channels]), centred, inverse, factor];
  },
  gradient({ graph, inputs: [x, scale], outputs: [, , , centred, inverse, factor], gradient }, index) {
    const [batch, , height, width] = x!.shape as [number, number, number, number];
    const mean = channelMeans(graph, gradient);
    const total = (means: Value) =>
      cutTo(graph, graph.apply('Mul', [means, graph.scalar(batch * height * width, means)]), [scale!.shape[0]!]);
    if (index === 2) return total(mean);
    const along = channelMeans(graph, graph.apply('Mul', [gradient, centred!]));
    if (index === 1) return total(graph.apply('Mul', [along, inverse!]));
    // s·r·g − s·r·mean(g) − s·r³·mean(g·c)·c: two passes.
    const bend = graph.apply('Mul', [along, graph.apply('Mul', [inverse!, inverse!])]);
    const minus = (value: Value) => graph.apply('Neg', [graph.apply('Mul', [factor!, value])]);
    const rest = channelAffine(graph, centred!, minus(bend), minus(mean));
    return channelAffine(graph, gradient, factor!, undefined, rest);
  },
});
