import { defineOperator, intOf, intsOf, unfit } from '../operator.ts';
import { sizeOf } from '../shapes.ts';
import type { Attributes, Value } from '../value.ts';
import { type Window, windowAttributes, windowOf } from '../window.ts';

function windowOfPool(x: Value, attributes: Attributes): Window {
  const window = windowOf('AveragePool', x.shape.slice(2), intsOf(attributes, 'kernel_shape') ?? [], attributes);
  const plain = windowOf('AveragePool', x.shape.slice(2), window.kernel, { ...attributes, ceil_mode: { int: 0 } });
  if (plain.output.some((size, axis) => size !== window.output[axis])) {
    throw unfit('AveragePool', 'ceil_mode is not supported where it adds windows');
  }
  return window;
}

/** How many values of each window along one axis are no padding. */
function counts({ kernel, strides, dilations, before, output }: Window, axis: number, size: number): number[] {
  return Array.from({ length: output[axis]! }, (_, at) => {
    const start = at * strides[axis]! - before[axis]!;
    const taps = Array.from({ length: kernel[axis]! }, (__, tap) => start + tap * dilations[axis]!);
    return taps.filter((position) => position >= 0 && position < size).length;
  });
}

/** The mean of each window; padding counts where `count_include_pad` says so. [N, C, ...sizes] → [N, C, ...outputs]. */
export const averagePool = defineOperator({
  name: 'AveragePool',
  infer: ([x], attributes) => [
    { type: x!.type, shape: [...x!.shape.slice(0, 2), ...windowOfPool(x!, attributes).output] },
  ],
  gradient({ graph, inputs: [x], attributes, gradient }) {
    const window = windowOfPool(x!, attributes);
    const { kernel, strides, dilations, before, after, output } = window;
    const sizes = x!.shape.slice(2);
    const images = sizeOf(x!.shape.slice(0, 2));
    const isPadded = [...before, ...after].some((count) => count > 0);
    const isTiled =
      !isPadded &&
      sizes.every((size, axis) => {
        return strides[axis] === kernel[axis] && dilations[axis] === 1 && size === kernel[axis]! * output[axis]!;
      });
    const evenly = graph.apply('Mul', [gradient, graph.scalar(1 / sizeOf(kernel), gradient)]);
    if (isTiled) {
      // Each mean is spread over its own tile.
      const tile = (inside: (axis: number) => number) => output.flatMap((size, axis) => [size, inside(axis)]);
      const narrow = graph.apply('Reshape', [evenly, graph.ints([images, ...tile(() => 1)])]);
      const wide = graph.apply('Expand', [narrow, graph.ints([images, ...tile((axis) => kernel[axis]!)])]);
      return graph.apply('Reshape', [wide, graph.ints(x!.shape)]);
    }
    let share = evenly;
    if (isPadded && intOf(attributes, 'count_include_pad', 0) === 0) {
      const parts = sizes.map((size, axis) => counts(window, axis, size));
      const products = parts.reduce<number[]>((all, part) => all.flatMap((a) => part.map((b) => a * b)), [1]);
      const factors = graph.floats(
        [1, 1, ...output],
        products.map((count) => 1 / count),
        gradient,
      );
      share = graph.apply('Mul', [gradient, factors]);
    }
    const rest = sizes.map((size, axis) => {
      const reached = strides[axis]! * (output[axis]! - 1) + (kernel[axis]! - 1) * dilations[axis]! + 1;
      return size + before[axis]! + after[axis]! - reached;
    });
    const each = graph.apply('Reshape', [share, graph.ints([images, 1, ...output])]);
    const spread = graph.apply('ConvTranspose', [each, graph.full([1, 1, ...kernel], 1, x!)], {
      ...windowAttributes(window),
      output_padding: { ints: rest },
    });
    return graph.apply('Reshape', [spread, graph.ints(x!.shape)]);
  },
});
