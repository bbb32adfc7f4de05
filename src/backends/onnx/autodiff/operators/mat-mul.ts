import { defineOperator, unfit } from '../operator.ts';
import { product } from '../product.ts';
import { broadcast } from '../shapes.ts';
import type { Value } from '../value.ts';

/** Matrix product of the last two axes; the others broadcast. [..., N, K]·[..., K, M] → [..., N, M], and [K]·[K, M] → [M]. */
export const matMul = defineOperator({
  name: 'MatMul',
  infer([a, b]) {
    const isVector = a!.shape.length === 1 && b!.shape.length === 2;
    const [n, k] = isVector ? [1, a!.shape[0]] : a!.shape.slice(-2);
    const [k2, m] = b!.shape.slice(-2);
    if (n === undefined || k === undefined || m === undefined || k !== k2) {
      throw unfit('MatMul', `expected matrices that fit, got [${a!.shape}] and [${b!.shape}]`);
    }
    if (isVector) return [{ type: a!.type, shape: [m] }];
    const lead = broadcast('MatMul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ type: a!.type, shape: [...lead, n, m] }];
  },
  gradient({ graph, inputs: [a, b], gradient }, index) {
    if (a!.shape.length === 1) {
      const row = (value: Value) => graph.apply('Reshape', [value, graph.ints([1, value.shape[0]!])]);
      if (index === 1) return product(graph, row(a!), row(gradient), { transA: true });
      return graph.apply('Reshape', [product(graph, row(gradient), b!, { transB: true }), graph.ints(a!.shape)]);
    }
    return index === 0
      ? product(graph, gradient, b!, { transB: true })
      : product(graph, a!, gradient, { transA: true });
  },
});
