import { binary } from '../binary.ts';

/** aᵇ: g·b·aᵇ⁻¹ and g·y·log a; where a or b is 0 the side that has no limit gives 0, as in PyTorch. */
export const pow = binary('Pow', [
  ({ graph, gradient, a, b }) => {
    const power = graph.apply('Pow', [a, graph.apply('Sub', [b, graph.scalar(1, b)])]);
    const slope = graph.apply('Mul', [gradient, graph.apply('Mul', [b, power])]);
    if (b.constant !== undefined && Array.from(b.constant.data, Number).every((value) => value !== 0)) return slope;
    return graph.apply('Where', [graph.apply('Equal', [b, graph.scalar(0, b)]), graph.scalar(0, slope), slope]);
  },
  ({ graph, gradient, a, outputs: [y] }) => {
    const isZero = graph.apply('Equal', [a, graph.scalar(0, a)]);
    const base = graph.apply('Where', [isZero, graph.scalar(1, a), a]);
    return graph.apply('Mul', [gradient, graph.apply('Mul', [y!, graph.apply('Log', [base])])]);
  },
]);
