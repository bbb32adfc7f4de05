import { backThroughMoments, channelwise, moments } from '../moments.ts';
import { defineOperator, floatOf } from '../operator.ts';
import type { Value } from '../value.ts';

const axesBut = (x: Value): number[] => x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));

/**
 * Batch normalisation while training: each channel of [N, C, ...sizes] by its own mean and variance over the batch, then
 * scale and shift (Ioffe and Szegedy, 2015). Outputs: y, the mean and the variance (not the unbiased one).
 */
export const channelNormalization = defineOperator({
  name: 'ChannelNormalization',
  build({ graph, inputs: [x, scale, shift], attributes }) {
    const { centred, inverse, mean, variance } = moments(graph, x!, axesBut(x!), floatOf(attributes, 'epsilon', 1e-5));
    const wide = (vector: Value) => channelwise(graph, vector, x!.shape.length);
    const factor = graph.apply('Mul', [inverse, wide(scale!)]);
    const y = graph.apply('Add', [graph.apply('Mul', [centred, factor]), wide(shift!)]);
    const flat = (value: Value) => graph.apply('Reshape', [value, graph.ints([x!.shape[1]!])]);
    return [y, flat(mean), flat(variance), centred, inverse];
  },
  gradient({ graph, inputs: [x, scale], outputs: [, , , centred, inverse], gradient }, index) {
    const axes = axesBut(x!);
    const sum = (value: Value) => graph.apply('ReduceSum', [value, graph.ints(axes)], { keepdims: { int: 0 } });
    if (index === 2) return sum(gradient);
    const normal = graph.apply('Mul', [centred!, inverse!]);
    if (index === 1) return sum(graph.apply('Mul', [gradient, normal]));
    const arriving = graph.apply('Mul', [gradient, channelwise(graph, scale!, x!.shape.length)]);
    return backThroughMoments(graph, arriving, normal, inverse!, axes);
  },
});
