import { defineOperator, intOf } from '../operator.ts';

/** The logarithm of the softmax along an axis: g − eʸ·Σg. */
export const logSoftmax = defineOperator({
  name: 'LogSoftmax',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
  gradient({ graph, outputs: [y], attributes, gradient }) {
    const axes = graph.ints([intOf(attributes, 'axis', -1)]);
    const sum = graph.apply('ReduceSum', [gradient, axes], { keepdims: { int: 1 } });
    return graph.apply('Sub', [gradient, graph.apply('Mul', [graph.apply('Exp', [y!]), sum])]);
  },
});
