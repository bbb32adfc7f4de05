import { defineOperator, intOf } from '../operator.ts';

/** eˣ, scaled to the sum 1 along an axis: y·(g − Σ g·y). */
export const softmax = defineOperator({
  name: 'Softmax',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
  gradient({ graph, outputs: [y], attributes, gradient }) {
    const axes = graph.ints([intOf(attributes, 'axis', -1)]);
    const mean = graph.apply('ReduceSum', [graph.apply('Mul', [gradient, y!]), axes], { keepdims: { int: 1 } });
    return graph.apply('Mul', [y!, graph.apply('Sub', [gradient, mean])]);
  },
});
