import { defineOperator, intOf, unfit } from '../operator.ts';
import type { Value } from '../value.ts';

/** Whether a value is a constant of one number all over. */
const isAll = ({ constant }: Value, number: number): boolean =>
  constant?.type === 'float' && constant.data.every((one) => one === number);

/**
 * Mean 0 and variance 1 along the last axis, then scale and shift. Outputs: y, the mean, 1/deviation.
 * dx = r·(h − mean(h) − n·mean(h·n)) with h = g·scale, n = (x − mean)·r (Ba et al., 2016).
 */
export const layerNormalization = defineOperator({
  name: 'LayerNormalization',
  hasOptionalOutputs: true,
  infer([x], attributes) {
    if (intOf(attributes, 'axis', -1) !== -1) throw unfit('LayerNormalization', 'expected the last axis');
    const { type, shape } = x!;
    const reduced = [...shape.slice(0, -1), 1];
    return [
      { type, shape },
      { type, shape: reduced },
      { type, shape: reduced },
    ];
  },
  gradient({ graph, inputs: [x, scale, shift], outputs: [y, mean, inverse], gradient }, index) {
    if (index === 2) return gradient;
    const isPlain = isAll(scale!, 1) && (shift === undefined || isAll(shift, 0));
    const normal = isPlain ? y! : graph.apply('Mul', [graph.apply('Sub', [x!, mean!]), inverse!]);
    if (index === 1) return graph.apply('Mul', [gradient, normal]);
    const scaled = isPlain ? gradient : graph.apply('Mul', [gradient, scale!]);
    const average = (value: typeof scaled) =>
      graph.apply('ReduceMean', [value, graph.ints([-1])], { keepdims: { int: 1 } });
    const along = graph.apply('Mul', [normal, average(graph.apply('Mul', [scaled, normal]))]);
    const rest = graph.apply('Sub', [graph.apply('Sub', [scaled, average(scaled)]), along]);
    return graph.apply('Mul', [rest, inverse!]);
  },
});
