import { defineOperator, floatOf, intOf, unfit } from '../operator.ts';
import { product } from '../product.ts';
import { broadcast } from '../shapes.ts';

/** alpha·op(a)·op(b) of the last two axes, where op may transpose; the others broadcast. ONNX Runtime's own. */
export const fusedMatMul = defineOperator({
  name: 'FusedMatMul',
  domain: 'com.microsoft',
  infer([a, b], attributes) {
    const flip = (shape: readonly number[], name: string) =>
      intOf(attributes, name, 0) === 1 ? shape.slice(-2).reverse() : shape.slice(-2);
    const [n, k] = flip(a!.shape, 'transA');
    const [k2, m] = flip(b!.shape, 'transB');
    if (n === undefined || k === undefined || m === undefined || k !== k2) {
      throw unfit('FusedMatMul', `expected matrices that fit, got [${a!.shape}] and [${b!.shape}]`);
    }
    const lead = broadcast('FusedMatMul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [{ type: a!.type, shape: [...lead, n, m] }];
  },
  gradient({ graph, inputs: [a, b], attributes, gradient }, index) {
    const transA = intOf(attributes, 'transA', 0) === 1;
    const transB = intOf(attributes, 'transB', 0) === 1;
    const alpha = floatOf(attributes, 'alpha', 1);
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
