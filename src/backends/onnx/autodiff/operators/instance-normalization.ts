import { backThroughMoments, channelwise, moments } from '../moments.ts';
import { defineOperator, floatOf } from '../operator.ts';

/** Normalises each channel of each sample of [N, C, ...sizes], then scales and shifts it (Ulyanov et al., 2016). */
export const instanceNormalization = defineOperator({
  name: 'InstanceNormalization',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
  gradient({ graph, inputs: [x, scale], attributes, gradient }, index) {
    const rank = x!.shape.length;
    const others = graph.ints(x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])));
    const sum = (value: typeof gradient) => graph.apply('ReduceSum', [value, others], { keepdims: { int: 0 } });
    if (index === 2) return sum(gradient);
    const axes = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
    const { centred, inverse } = moments(graph, x!, axes, floatOf(attributes, 'epsilon', 1e-5));
    const normal = graph.apply('Mul', [centred, inverse]);
    if (index === 1) return sum(graph.apply('Mul', [gradient, normal]));
    const arriving = graph.apply('Mul', [gradient, channelwise(graph, scale!, rank)]);
    return backThroughMoments(graph, arriving, normal, inverse, axes);
  },
});
