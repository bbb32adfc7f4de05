import { reduction } from '../reduction.ts';

/**
 * The product over axes: g times the product of the others, which is y/x unless there are zeros. With one zero it is
 * the product of the rest for that zero and 0 for all others; with more it is 0.
 */
export const reduceProd = reduction('ReduceProd', ({ graph, wide, x, inputs }) => {
  const asNumber = { to: { int: x.type === 'double' ? 11 : 1 } };
  const kept = { keepdims: { int: 1 } };
  const axes = inputs.slice(1);
  const isZero = graph.apply('Cast', [graph.apply('Equal', [x, graph.scalar(0, x)])], asNumber);
  const filled = graph.apply('Add', [x, isZero]);
  const rest = graph.apply('Div', [graph.apply('ReduceProd', [filled, ...axes], kept), filled]);
  const otherZeros = graph.apply('Sub', [graph.apply('ReduceSum', [isZero, ...axes], kept), isZero]);
  const isAlone = graph.apply('Cast', [graph.apply('Equal', [otherZeros, graph.scalar(0, x)])], asNumber);
  return graph.apply('Mul', [wide, graph.apply('Mul', [rest, isAlone])]);
});
