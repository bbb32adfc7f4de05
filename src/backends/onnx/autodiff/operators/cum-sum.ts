import { defineOperator, intOf } from '../operator.ts';

/** Sums of all values up to each along an axis; the gradient is summed from the other end. */
export const cumSum = defineOperator({
  name: 'CumSum',
  infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
  gradient: ({ graph, inputs: [, axis], attributes, gradient }, index) =>
    index === 0
      ? graph.apply('CumSum', [gradient, axis!], {
          exclusive: { int: intOf(attributes, 'exclusive', 0) },
          reverse: { int: 1 - intOf(attributes, 'reverse', 0) },
        })
      : undefined,
});
