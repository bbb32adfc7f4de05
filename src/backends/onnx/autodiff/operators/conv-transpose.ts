import { filterGradient } from '../filter-gradient.ts';
import { defineOperator, intOf, intsOf, unfit } from '../operator.ts';
import type { Attributes, Value } from '../value.ts';
import { type Window, windowAttributes } from '../window.ts';

/** The window of the convolution that goes the other way; `output` are the sizes of this operator's input. */
function windowOfTranspose([x, w]: readonly Value[], attributes: Attributes): Window & { readonly sizes: number[] } {
  const output = x!.shape.slice(2);
  const rank = output.length;
  const { auto_pad: automatic, output_shape: wanted } = attributes;
  if (wanted !== undefined || (automatic !== undefined && 'string' in automatic && automatic.string !== 'NOTSET')) {
    throw unfit('ConvTranspose', 'output_shape and auto_pad are not supported, give pads and output_padding');
  }
  const list = (name: string, otherwise: number) =>
    intsOf(attributes, name) ?? new Array<number>(name === 'pads' ? 2 * rank : rank).fill(otherwise);
  const kernel = intsOf(attributes, 'kernel_shape') ?? w!.shape.slice(2);
  const [strides, dilations, pads, rest] = [
    list('strides', 1),
    list('dilations', 1),
    list('pads', 0),
    list('output_padding', 0),
  ];
  const sizes = output.map((size, axis) => {
    const reached = strides[axis]! * (size - 1) + (kernel[axis]! - 1) * dilations[axis]! + 1;
    return reached + rest[axis]! - pads[axis]! - pads[axis + rank]!;
  });
  return { kernel, strides, dilations, before: pads.slice(0, rank), after: pads.slice(rank), output, sizes };
}

/**
 * Transposed convolution. x: [N, C, ...sizes], w: [C, O / group, ...kernel], b: [O] → [N, O, ...outputs].
 * It is the gradient of a convolution, so a convolution goes back.
 */
export const convTranspose = defineOperator({
  name: 'ConvTranspose',
  infer(inputs, attributes) {
    const [x, w, b] = inputs;
    const group = intOf(attributes, 'group', 1);
    const filters = w!.shape[1]! * group;
    if (x!.shape.length < 3 || x!.shape[1] !== w!.shape[0] || w!.shape[0]! % group !== 0) {
      throw unfit('ConvTranspose', `weights [${w!.shape}] in ${group} groups do not fit [${x!.shape}]`);
    }
    if (b !== undefined && (b.shape.length !== 1 || b.shape[0] !== filters)) {
      throw unfit('ConvTranspose', `expected a bias [${filters}], got [${b.shape}]`);
    }
    const { sizes } = windowOfTranspose(inputs, attributes);
    if (sizes.some((size) => size < 1)) throw unfit('ConvTranspose', `nothing is left of [${x!.shape}]`);
    return [{ type: x!.type, shape: [x!.shape[0]!, filters, ...sizes] }];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    const [x, w] = inputs;
    const window = windowOfTranspose(inputs, attributes);
    const group = intOf(attributes, 'group', 1);
    if (index === 2) {
      const axes = x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      return graph.apply('ReduceSum', [gradient, graph.ints(axes)], { keepdims: { int: 0 } });
    }
    if (index === 1) return filterGradient(graph, gradient, x!, window, group);
    return graph.apply('Conv', [gradient, w!], { ...windowAttributes(window), group: { int: group } });
  },
});
