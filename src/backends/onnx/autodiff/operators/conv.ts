import { filterGradient } from '../filter-gradient.ts';
import { defineOperator, intOf, intsOf, unfit } from '../operator.ts';
import type { Attributes, Value } from '../value.ts';
import { type Window, windowAttributes, windowOf } from '../window.ts';

function windowOfConv([x, w]: readonly Value[], attributes: Attributes): Window {
  return windowOf('Conv', x!.shape.slice(2), intsOf(attributes, 'kernel_shape') ?? w!.shape.slice(2), attributes);
}

/**
 * Convolution. x: [N, C, ...sizes], w: [O, C / group, ...kernel], b: [O] → [N, O, ...outputs].
 * Back to x goes the transposed convolution; to w a convolution of the input with the gradient.
 */
export const conv = defineOperator({
  name: 'Conv',
  infer(inputs, attributes) {
    const [x, w, b] = inputs;
    const group = intOf(attributes, 'group', 1);
    const [batch, channels] = x!.shape;
    const [filters, width] = w!.shape;
    if (x!.shape.length < 3 || channels !== width! * group || filters! % group !== 0) {
      throw unfit('Conv', `weights [${w!.shape}] in ${group} groups do not fit [${x!.shape}]`);
    }
    if (b !== undefined && (b.shape.length !== 1 || b.shape[0] !== filters)) {
      throw unfit('Conv', `expected a bias [${filters}], got [${b.shape}]`);
    }
    return [{ type: x!.type, shape: [batch!, filters!, ...windowOfConv(inputs, attributes).output] }];
  },
  gradient({ graph, inputs, attributes, gradient }, index) {
    const [x, w] = inputs;
    const window = windowOfConv(inputs, attributes);
    const group = intOf(attributes, 'group', 1);
    if (index === 2) {
      const axes = x!.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
      return graph.apply('ReduceSum', [gradient, graph.ints(axes)], { keepdims: { int: 0 } });
    }
    if (index === 1) return filterGradient(graph, x!, gradient, window, group);
    // What the stride leaves over at the end has no part in the output.
    const rest = window.output.map((count, axis) => {
      const { kernel, strides, dilations, before, after } = window;
      const reached = strides[axis]! * (count - 1) + (kernel[axis]! - 1) * dilations[axis]! + 1;
      return x!.shape[axis + 2]! + before[axis]! + after[axis]! - reached;
    });
    return graph.apply('ConvTranspose', [gradient, w!], {
      ...windowAttributes(window),
      group: { int: group },
      output_padding: { ints: rest },
    });
  },
});
