import { backThroughMoments, channelwise, moments } from '../moments.ts';
import { defineOperator, floatOf, intOf } from '../operator.ts';

/**
 * Normalises each channel of [N, C, ...sizes], then scales and shifts it (Ioffe and Szegedy, 2015): by running
 * statistics, or with `training_mode` by those of the batch; running statistics are then the second and third output.
 * In training, dx = s·r·(g − mean(g) − n·mean(g·n)) with n = (x − mean)·r.
 */
export const batchNormalization = defineOperator({
  name: 'BatchNormalization',
  infer([x, , , mean, variance], attributes) {
    const y = { type: x!.type, shape: x!.shape };
    return intOf(attributes, 'training_mode', 0) === 0
      ? [y]
      : [y, ...[mean!, variance!].map(({ type, shape }) => ({ type, shape }))];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    const [x, scale, , runningMean, runningVariance] = inputs;
    const rank = x!.shape.length;
    const axes = x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    const sum = (value: typeof gradient) =>
      graph.apply('ReduceSum', [value, graph.ints(axes)], { keepdims: { int: 0 } });
    if (index === 2) return sum(gradient);
    const epsilon = floatOf(attributes, 'epsilon', 1e-5);
    const isTraining = intOf(attributes, 'training_mode', 0) === 1;
    if (isTraining && index > 2) return undefined;
    const wide = (value: typeof gradient) => channelwise(graph, value, rank);
    const { centred, inverse } = isTraining
      ? moments(graph, x!, axes, epsilon)
      : {
          centred: graph.apply('Sub', [x!, wide(runningMean!)]),
          inverse: wide(
            graph.apply('Reciprocal', [
              graph.apply('Sqrt', [graph.apply('Add', [runningVariance!, graph.scalar(epsilon, x!)])]),
            ]),
          ),
        };
    const normal = graph.apply('Mul', [centred, inverse]);
    if (index === 1) return sum(graph.apply('Mul', [gradient, normal]));
    const slope = graph.apply('Mul', [wide(scale!), inverse]);
    if (index === 0) {
      if (!isTraining) return graph.apply('Mul', [gradient, slope]);
      const arriving = graph.apply('Mul', [gradient, wide(scale!)]);
      return backThroughMoments(graph, arriving, normal, inverse, axes);
    }
    const scaled = graph.apply('Mul', [gradient, slope]);
    if (index === 3) return graph.apply('Neg', [sum(scaled)]);
    const bent = graph.apply('Mul', [graph.apply('Mul', [scaled, centred]), graph.apply('Mul', [inverse, inverse])]);
    return graph.apply('Mul', [sum(bent), graph.scalar(-0.5, bent)]);
  },
});
