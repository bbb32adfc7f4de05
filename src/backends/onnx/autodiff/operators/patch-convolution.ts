import { view } from '../blocks.ts';
import { type BuildContext, defineOperator, type GradientContext, type GraphOperations } from '../operator.ts';
import { sizeOf } from '../shapes.ts';
import { sumRows } from '../sum-rows.ts';
import type { Value } from '../value.ts';
import { type Window, windowOf } from '../window.ts';

/** The window of a convolution of an image with channels last. */
export function windowOfPatches({ inputs: [x, w], attributes }: Pick<BuildContext, 'inputs' | 'attributes'>): Window {
  return windowOf('Conv', x!.shape.slice(1, 3), w!.shape.slice(2), attributes);
}

/** Whether a patch is the pixel itself. */
const isPointwise = ({ kernel, strides, before, after }: Window): boolean =>
  sizeOf([...kernel, ...strides]) === 1 && [...before, ...after].every((pad) => pad === 0);

/** Rows of pixels by their numbers, after a row of zeros was put behind each image: [N, H, W, C] → [N·rows, patch]. */
function gatherPixels(graph: GraphOperations, x: Value, index: Value, patch: number): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const pixels = view(graph, x, [batch, height * width, channels]);
  const zeros = graph.full([batch, 1, channels], 0, x);
  const all = graph.apply('Concat', [pixels, zeros], { axis: { int: 1 } });
  const taken = graph.apply('Gather', [all, index], { axis: { int: 1 } });
  return view(graph, taken, [(batch * index.shape[0]! * channels) / patch, patch]);
}

/** The pixels that each output reads, tap by tap; padding is the pixel behind the last. */
function patchesOf(graph: GraphOperations, x: Value, window: Window): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  if (isPointwise(window)) return view(graph, x, [batch * height * width, channels]);
  const { kernel, strides, dilations, before, output } = window;
  const [kh, kw] = kernel as [number, number];
  const index = graph.rowNumbers(`patches:${[height, width, Object.values(window)]}`, () => {
    const numbers = new Int32Array(sizeOf(output) * kh * kw);
    let at = 0;
    for (let oy = 0; oy < output[0]!; oy++) {
      for (let ox = 0; ox < output[1]!; ox++) {
        for (let i = 0; i < kh; i++) {
          for (let j = 0; j < kw; j++) {
            const row = oy * strides[0]! - before[0]! + i * dilations[0]!;
            const column = ox * strides[1]! - before[1]! + j * dilations[1]!;
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            numbers[at++] = isInside ? row * width + column : height * width;
          }
        }
      }
    }
    return numbers;
  });
  return gatherPixels(graph, x, index, kh * kw * channels);
}

/** The outputs that each pixel was read by, tap by tap. */
function readersOf(graph: GraphOperations, dy: Value, window: Window, height: number, width: number): Value {
  const [batch, outHeight, outWidth, filters] = dy.shape as [number, number, number, number];
  if (isPointwise(window)) return view(graph, dy, [batch * height * width, filters]);
  const { kernel, strides, dilations, before } = window;
  const [kh, kw] = kernel as [number, number];
  const index = graph.rowNumbers(`readers:${[height, width, Object.values(window)]}`, () => {
    const numbers = new Int32Array(height * width * kh * kw);
    let at = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        for (let i = 0; i < kh; i++) {
          for (let j = 0; j < kw; j++) {
            const [oy, ox] = [
              (row + before[0]! - i * dilations[0]!) / strides[0]!,
              (column + before[1]! - j * dilations[1]!) / strides[1]!,
            ];
            const isRead =
              Number.isInteger(oy) && Number.isInteger(ox) && oy >= 0 && oy < outHeight && ox >= 0 && ox < outWidth;
            numbers[at++] = isRead ? oy * outWidth + ox : outHeight * outWidth;
          }
        }
      }
    }
    return numbers;
  });
  return gatherPixels(graph, dy, index, kh * kw * filters);
}

/** A matrix [rows, columns] of the weights [O, C, kh, kw] with its axes in another order. */
export function weightMatrix(graph: GraphOperations, w: Value, order: readonly number[]): Value {
  const moved = graph.apply('Transpose', [w], { perm: { ints: order } });
  return view(graph, moved, [-1, moved.shape[3]!]);
}

/** The gradient of the image: the outputs that each pixel was read by, times the weights. */
export function inputGradient(context: GradientContext): Value {
  const { graph, inputs, gradient } = context;
  const [x, w] = inputs as [Value, Value];
  const [, height, width] = x.shape as [number, number, number];
  const readers = readersOf(graph, gradient, windowOfPatches(context), height, width);
  return view(graph, graph.apply('Gemm', [readers, weightMatrix(graph, w, [2, 3, 0, 1])]), x.shape);
}

/**
 * Convolution of an image with channels last, [N, H, W, C], as one product of matrices: the pixels that each output reads,
 * gathered by constant numbers, times the weights ("im2col": Chellapilla et al., 2006). w: [O, C, kh, kw], b: [O].
 * Any number of channels and samples is as fast as its work, and every runtime has it.
 */
export const patchConvolution = defineOperator({
  name: 'PatchConvolution',
  build(context) {
    const { graph, inputs } = context;
    const [x, w, b] = inputs;
    const window = windowOfPatches(context);
    const patches = patchesOf(graph, x!, window);
    const product = graph.apply('Gemm', [
      patches,
      weightMatrix(graph, w!, [2, 3, 1, 0]),
      ...(b === undefined ? [] : [b]),
    ]);
    return [view(graph, product, [x!.shape[0]!, ...window.output, w!.shape[0]!]), patches];
  },
  gradient(context, index) {
    const { graph, inputs, outputs, gradient } = context;
    const [filters, channels, kh, kw] = inputs[1]!.shape as [number, number, number, number];
    const rows = view(graph, gradient, [-1, filters]);
    if (index === 2) return sumRows(graph, rows);
    if (index === 1) {
      const product = graph.apply('Gemm', [outputs[1]!, rows], { transA: { int: 1 } });
      const taps = view(graph, product, [kh, kw, channels, filters]);
      return graph.apply('Transpose', [taps], { perm: { ints: [3, 2, 0, 1] } });
    }
    return inputGradient(context);
  },
});
