import { defineOperator, intOf, unfit } from '../operator.ts';

/**
 * Mean square 1 along the last axis, then scale. Outputs: y, 1/root. ONNX Runtime's own.
 * dx = r·(h − n·mean(h·n)) with h = g·scale, n = x·r (Zhang and Sennrich, 2019).
 */
export const simplifiedLayerNormalization = defineOperator({
  name: 'SimplifiedLayerNormalization',
  infer([x], attributes) {
    if (intOf(attributes, 'axis', -1) !== -1) throw unfit('SimplifiedLayerNormalization', 'expected the last axis');
    const { type, shape } = x!;
    return [
      { type, shape },
      { type, shape: [...shape.slice(0, -1), 1] },
    ];
  },
  gradient({ graph, inputs: [x, scale], outputs: [, inverse], gradient }, index) {
    const normal = graph.apply('Mul', [x!, inverse!]);
    if (index === 1) return graph.apply('Mul', [gradient, normal]);
    const scaled = graph.apply('Mul', [gradient, scale!]);
    const mean = graph.apply('ReduceMean', [graph.apply('Mul', [scaled, normal]), graph.ints([-1])], {
      keepdims: { int: 1 },
    });
    return graph.apply('Mul', [graph.apply('Sub', [scaled, graph.apply('Mul', [normal, mean])]), inverse!]);
  },
});
