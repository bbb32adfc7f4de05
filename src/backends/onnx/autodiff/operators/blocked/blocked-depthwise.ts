import { blockOf, channelSums, cutTo, padTo, view } from '../../blocks.ts';
import { type BuildContext, defineOperator, type GraphOperations } from '../../operator.ts';
import type { Value } from '../../value.ts';
import { type Window, windowAttributes, windowOf } from '../../window.ts';

type Facts = Pick<BuildContext, 'inputs' | 'attributes'>;

const windowOfDepthwise = ({ inputs: [x, w], attributes }: Facts): Window =>
  windowOf('Conv', x!.shape.slice(2), w!.shape.slice(2), attributes);

/** Weights [C, 1, kh, kw] in blocks: memory [C/B, kh, kw, B]. */
function channelWeights(graph: GraphOperations, w: Value, stored: number, block: number): Value {
  const [, , kh, kw] = w.shape as [number, number, number, number];
  const blocks = view(graph, padTo(graph, w, [stored, 1, kh, kw]), [stored / block, block, kh * kw]);
  const moved = graph.apply('Transpose', [blocks], { perm: { ints: [0, 2, 1] } });
  return view(graph, moved, [stored, 1, kh, kw]);
}

function convolve(graph: GraphOperations, x: Value, w: Value, window: Window, bias: readonly Value[]): Value {
  const [batch, stored] = x.shape as [number, number];
  return graph.apply('nchwc.Conv', [x, w, ...bias], {
    ...windowAttributes(window),
    group: { int: stored },
    _shape: { ints: [batch, stored, ...window.output] },
  });
}

/** Convolution of each channel of blocks alone. w: [C, 1, kh, kw], b: [C]. */
export const blockedDepthwise = defineOperator({
  name: 'BlockedDepthwise',
  build(context) {
    const { graph, inputs, attributes } = context;
    const [x, w, b] = inputs;
    const stored = x!.shape[1]!;
    const weights = channelWeights(graph, w!, stored, blockOf(attributes));
    return [convolve(graph, x!, weights, windowOfDepthwise(context), b ? [padTo(graph, b, [stored])] : [])];
  },
  gradient(context, index) {
    const { graph, inputs, attributes, gradient } = context;
    const [x, w] = inputs;
    const block = blockOf(attributes);
    const [batch, stored, height, width] = x!.shape as [number, number, number, number];
    const [channels, , kh, kw] = w!.shape as [number, number, number, number];
    if (index === 2) return cutTo(graph, channelSums(graph, gradient), [channels]);
    const window = windowOfDepthwise(context);
    const { kernel, strides, dilations, before, output } = window;
    const images = batch * (stored / block);
    const spans = kernel.map((taps, axis) => (taps - 1) * dilations[axis]!);
    const [outHeight, outWidth] = output as [number, number];
    if (index === 0) {
      const [down, across] = strides as [number, number];
      const apart = view(graph, gradient, [images * outHeight, 1, outWidth, block]);
      const zeros = graph.ints([0, 0, 0, 0, 0, down - 1, 0, (across - 1) * block]);
      const isStrided = down * across > 1;
      const lines = isStrided
        ? graph.apply('Pad', [view(graph, apart, [images * outHeight, 1, outWidth, block]), zeros])
        : apart;
      const spread = view(graph, lines, [images, outHeight * down, outWidth * across, block]);
      const front = spans.map((span, axis) => span - before[axis]!);
      const back = [height, width].map((size, axis) => size - spread.shape[axis + 1]! - front[axis]! + spans[axis]!);
      const kept = [spread.shape[1]! + Math.min(0, back[0]!), spread.shape[2]! + Math.min(0, back[1]!)];
      const image = view(graph, cutTo(graph, spread, [images, ...kept, block]), [batch, stored, ...kept]);
      const turned = graph.apply('Slice', [
        w!,
        ...[
          [-1, -1],
          [-999, -999],
          [2, 3],
          [-1, -1],
        ].map((list) => graph.ints(list)),
      ]);
      const after = back.map((count) => Math.max(0, count));
      const whole = { kernel, strides: [1, 1], dilations, before: front, after, output: [height, width] };
      return convolve(graph, image, channelWeights(graph, turned, stored, block), whole, []);
    }
    // Each tap: the image moved by it, times the gradient, summed.
    const tall = (outHeight - 1) * strides[0]! + spans[0]! + 1;
    const wide = (outWidth - 1) * strides[1]! + spans[1]! + 1;
    const missing = [tall - height - before[0]!, wide - width - before[1]!].map((count) => Math.max(0, count));
    const bordered = graph.apply('Pad', [
      view(graph, x!, [images, height, width, block]),
      graph.ints([0, before[0]!, before[1]!, 0, 0, missing[0]!, missing[1]!, 0]),
    ]);
    const sums = Array.from({ length: kh * kw }, (_, tap) => {
      const [row, column] = [Math.floor(tap / kw) * dilations[0]!, (tap % kw) * dilations[1]!];
      const moved = graph.apply('Slice', [
        bordered,
        graph.ints([row, column]),
        graph.ints([row + (outHeight - 1) * strides[0]! + 1, column + (outWidth - 1) * strides[1]! + 1]),
        graph.ints([1, 2]),
        graph.ints(strides),
      ]);
      const product = graph.apply('Mul', [view(graph, moved, gradient.shape), gradient]);
      return view(graph, channelSums(graph, product), [stored, 1]);
    });
    const taps = sums.length === 1 ? sums[0]! : graph.apply('Concat', sums, { axis: { int: 1 } });
    return cutTo(graph, view(graph, taps, [stored, 1, kh, kw]), w!.shape);
  },
});
