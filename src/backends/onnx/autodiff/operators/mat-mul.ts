import { defineOperator, unfit } from '../operator.ts';
import { product } from '../product.ts';
import { broadcast } from '../shapes.ts';

/** Matrix product of the last two axes; the others broadcast. [..., N, K]·[..., K, M] → [..., N, M]. */
export const matMul = defineOperator({
  name: 'MatMul',
  infer([a, b]) {
    const [n, k] = a!.shape.slice(-2);
    const [k2, m] = b!.shape.slice(-2);
    if (n === undefined || k === undefined || m === undefined || k !== k2) {
      throw unfit('MatMul', `expected matrices that fit, got [${a!.shape}] and [${b!.shape}]`);
    }
    const lead = broadcast('MatMul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ type: a!.type, shape: [...lead, n, m] }];
  },
  gradient({ graph, inputs: [a, b], gradient }, index) {
    return index === 0
      ? product(graph, gradient, b!, { transB: true })
      : product(graph, a!, gradient, { transA: true });
  },
});
