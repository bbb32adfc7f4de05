import { view } from '../blocks.ts';
import { defineOperator, type GraphOperations } from '../operator.ts';
import { sumRows } from '../sum-rows.ts';
import type { Value } from '../value.ts';
import type { Window } from '../window.ts';
import { inputGradient, weightMatrix, windowOfPatches } from './patch-convolution.ts';

/** One row of pixels for each tap and channel, [kh·kw·C, N·outputs]: the whole image, moved by the tap. */
function shiftedImages(
  graph: GraphOperations,
  x: Value,
  { kernel, strides, dilations, before, after, output }: Window,
): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pixels = view(graph, x, [batch * height * width, channels]);
  const planes = channels === 1 ? pixels : graph.apply('Transpose', [pixels], { perm: { ints: [1, 0] } });
  const images = view(graph, planes, [channels * batch, height, width]);
  const isPadded = [...before, ...after].some((count) => count > 0);
  const wide = isPadded ? graph.apply('Pad', [images, graph.ints([0, ...before, 0, ...after])]) : images;
  const rows: Value[] = [];
  for (let i = 0; i < kernel[0]!; i++) {
    for (let j = 0; j < kernel[1]!; j++) {
      const starts = [i * dilations[0]!, j * dilations[1]!];
      const ends = starts.map((start, axis) => start + (output[axis]! - 1) * strides[axis]! + 1);
      const bounds = [starts, ends, [1, 2], strides].map((list) => graph.ints(list));
      const moved = graph.apply('Slice', [wide, ...bounds]);
      rows.push(view(graph, moved, [channels, batch * output[0]! * output[1]!]));
    }
  }
  return graph.apply('Concat', rows, { axis: { int: 0 } });
}

/**
 * Convolution of an image of few channels, [N, H, W, C], as a product of matrices with the taps as rows: images are copied in long runs, where
 * patches would be gathered number by number, and the gradient of the weights needs no transposed factor. w: [O, C, kh, kw], b: [O].
 */
export const shiftedConvolution = defineOperator({
  name: 'ShiftedConvolution',
  build(context) {
    const { graph, inputs } = context;
    const [x, w, b] = inputs;
    const window = windowOfPatches(context);
    const images = shiftedImages(graph, x!, window);
    const weights = weightMatrix(graph, w!, [2, 3, 1, 0]);
    const product = graph.apply('Gemm', [images, weights, ...(b === undefined ? [] : [b])], { transA: { int: 1 } });
    return [view(graph, product, [x!.shape[0]!, ...window.output, w!.shape[0]!]), images];
  },
  gradient(context, index) {
    const { graph, inputs, outputs, gradient } = context;
    const [filters, channels, kh, kw] = inputs[1]!.shape as [number, number, number, number];
    const rows = view(graph, gradient, [-1, filters]);
    if (index === 2) return sumRows(graph, rows);
    if (index === 0) return inputGradient(context);
    const taps = view(graph, graph.apply('Gemm', [outputs[1]!, rows]), [kh, kw, channels, filters]);
    return graph.apply('Transpose', [taps], { perm: { ints: [3, 2, 0, 1] } });
  },
});
