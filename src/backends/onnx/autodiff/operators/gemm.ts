import { defineOperator, floatOf, intOf, unfit } from '../operator.ts';
import { product } from '../product.ts';
import { broadcast } from '../shapes.ts';

/** alpha·op(a)·op(b) + beta·c for matrices, where op may transpose and c broadcasts. */
export const gemm = defineOperator({
  name: 'Gemm',
  infer([a, b, c], attributes) {
    const flip = (shape: readonly number[], name: string) =>
      intOf(attributes, name, 0) === 1 ? [...shape].reverse() : shape;
    const [n, k] = flip(a!.shape, 'transA');
    const [k2, m] = flip(b!.shape, 'transB');
    if (a!.shape.length !== 2 || b!.shape.length !== 2 || k !== k2) {
      throw unfit('Gemm', `expected matrices that fit, got [${a!.shape}] and [${b!.shape}]`);
    }
    if (c !== undefined) broadcast('Gemm', [n!, m!], c.shape);
    return [{ type: a!.type, shape: [n!, m!] }];
  },
  gradient({ graph, inputs: [a, b], attributes, gradient }, index) {
    const transA = intOf(attributes, 'transA', 0) === 1;
    const transB = intOf(attributes, 'transB', 0) === 1;
    const alpha = floatOf(attributes, 'alpha', 1);
    if (index === 2) {
      const beta = floatOf(attributes, 'beta', 1);
      return beta === 1 ? gradient : graph.apply('Mul', [gradient, graph.scalar(beta, gradient)]);
    }
    if (index === 0) {
      return transA
        ? product(graph, b!, gradient, { transA: transB, transB: true, alpha })
        : product(graph, gradient, b!, { transB: !transB, alpha });
    }
    return transB
      ? product(graph, gradient, a!, { transA: true, transB: transA, alpha })
      : product(graph, a!, gradient, { transA: !transA, alpha });
  },
});
