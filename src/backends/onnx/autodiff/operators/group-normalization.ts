import { backThroughMoments, channelwise, moments } from '../moments.ts';
import { defineOperator, floatOf, intOf, unfit } from '../operator.ts';

/**
 * Normalises each group of channels of each sample of [N, C, ...sizes], then scales and shifts each channel
 * (Wu and He, 2018).
 */
export const groupNormalization = defineOperator({
  name: 'GroupNormalization',
  infer([x, scale], attributes) {
    const groups = intOf(attributes, 'num_groups', 0);
    if (groups < 1 || x!.shape[1]! % groups !== 0 || scale!.shape[0] !== x!.shape[1]) {
      throw unfit('GroupNormalization', `${groups} groups and a scale of [${scale!.shape}] do not fit [${x!.shape}]`);
    }
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [x, scale], attributes, gradient }, index) {
    const { shape } = x!;
    const rank = shape.length;
    const others = graph.ints(shape.flatMap((_, axis) => (axis === 1 ? [] : [axis])));
    const sum = (value: typeof gradient) => graph.apply('ReduceSum', [value, others], { keepdims: { int: 0 } });
    if (index === 2) return sum(gradient);
    const groups = graph.ints([shape[0]!, intOf(attributes, 'num_groups', 0), -1]);
    const grouped = (value: typeof gradient) => graph.apply('Reshape', [value, groups]);
    const { centred, inverse } = moments(graph, grouped(x!), [2], floatOf(attributes, 'epsilon', 1e-5));
    const normal = graph.apply('Mul', [centred, inverse]);
    const back = (value: typeof gradient) => graph.apply('Reshape', [value, graph.ints(shape)]);
    if (index === 1) return sum(graph.apply('Mul', [gradient, back(normal)]));
    const arriving = grouped(graph.apply('Mul', [gradient, channelwise(graph, scale!, rank)]));
    return back(backThroughMoments(graph, arriving, normal, inverse, [2]));
  },
});
