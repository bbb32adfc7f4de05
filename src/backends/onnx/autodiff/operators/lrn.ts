import { defineOperator, floatOf, intOf, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';

/**
 * Local response normalisation (Krizhevsky et al., 2012): each value by a power of what its neighbours among the channels sum to.
 * [N, C, H, W], with s = bias + alpha/size · Σ x² over `size` channels, an odd number: y = x · s^−beta.
 */
export const lrn = defineOperator({
  name: 'LRN',
  infer([x], attributes) {
    if (x!.shape.length !== 4) throw unfit('LRN', `expected images [N, C, H, W], got [${x!.shape}]`);
    const size = intOf(attributes, 'size', 1);
    if (size % 2 === 0) throw unfit('LRN', `expected an odd number of channels, got ${size}`);
    return [{ type: x!.type, shape: x!.shape }];
  },
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const [alpha, beta] = [floatOf(attributes, 'alpha', 1e-4), floatOf(attributes, 'beta', 0.75)];
    const size = intOf(attributes, 'size', 1);
    const channels = x!.shape[1]!;
    const reach = (size - 1) / 2;
    const isNear = Array.from({ length: channels * channels }, (_, i) =>
      Math.abs(Math.floor(i / channels) - (i % channels)) <= reach ? 1 : 0,
    );
    const near = graph.floats([channels, channels], isNear, x!);
    const rows = graph.ints([x!.shape[0]!, channels, sizeOf(x!.shape.slice(2))]);
    const overNeighbours = (value: typeof gradient) => {
      const summed = graph.apply('MatMul', [near, graph.apply('Reshape', [value, rows])]);
      return graph.apply('Reshape', [summed, graph.ints(x!.shape)]);
    };
    const multiply = (...factors: (typeof gradient)[]) => factors.reduce((a, b) => graph.apply('Mul', [a, b]));
    const sum = multiply(overNeighbours(multiply(x!, x!)), graph.scalar(alpha / size, x!));
    const base = graph.apply('Add', [sum, graph.scalar(floatOf(attributes, 'bias', 1), x!)]);
    const through = multiply(gradient, graph.apply('Pow', [base, graph.scalar(-beta, x!)]));
    // Each value is in the sums of its neighbours too.
    const back = overNeighbours(graph.apply('Div', [multiply(through, x!), base]));
    return graph.apply('Sub', [through, multiply(x!, back, graph.scalar((2 * alpha * beta) / size, x!))]);
  },
});
