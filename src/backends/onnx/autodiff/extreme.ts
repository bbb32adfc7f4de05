import type { Operator } from './operator.ts';
import { reduction } from './reduction.ts';

/** The largest or the smallest value over axes; equal ones share the gradient, as in PyTorch's `amax` and `amin`. */
export function extreme(name: 'ReduceMax' | 'ReduceMin'): Operator {
  return reduction(name, ({ graph, wide, x, wideOutput, inputs }) => {
    const isExtreme = graph.apply('Cast', [graph.apply('Equal', [x, wideOutput()])], {
      to: { int: x.type === 'double' ? 11 : 1 },
    });
    const ties = graph.apply('ReduceSum', [isExtreme, ...inputs.slice(1)], { keepdims: { int: 1 } });
    return graph.apply('Mul', [graph.apply('Div', [wide, ties]), isExtreme]);
  });
}
