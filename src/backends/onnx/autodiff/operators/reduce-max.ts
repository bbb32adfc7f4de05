import { reduction } from '../reduction.ts';

/** The largest value over axes; equal largest values share the gradient, as in PyTorch's `amax`. */
export const reduceMax = reduction('ReduceMax', ({ graph, wide, x, wideOutput, inputs }) => {
  const isLargest = graph.apply('Cast', [graph.apply('Equal', [x, wideOutput()])], {
    to: { int: x.type === 'double' ? 11 : 1 },
  });
  const axes = inputs.slice(1);
  const ties = graph.apply('ReduceSum', [isLargest, ...axes], { keepdims: { int: 1 } });
  return graph.apply('Mul', [graph.apply('Div', [wide, ties]), isLargest]);
});
