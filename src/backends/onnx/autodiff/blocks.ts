import { type GraphOperations, intOf } from './operator.ts';
import { sumRows } from './sum-rows.ts';
import type { Attributes, Value } from './value.ts';

/*
 * Images in blocks, as ONNX Runtime's fastest convolutions take them: the memory is [N, C / B, H, W, B], the shape that
 * goes with it [N, C, H, W], and C is filled up with zeros to whole blocks.
 */

/** A number of channels or samples in whole blocks. */
export const filled = (count: number, block: number): number => Math.ceil(count / block) * block;

/** The block of an operator. */
export const blockOf = (attributes: Attributes): number => intOf(attributes, '_block', 16);

/** The same values under another shape. */
export function view(graph: GraphOperations, value: Value, shape: readonly number[]): Value {
  return graph.apply('Reshape', [value, graph.ints(shape)]);
}

/** A value with zeros behind its axes, up to a shape. */
export function padTo(graph: GraphOperations, value: Value, shape: readonly number[]): Value {
  const missing = shape.map((size, axis) => size - value.shape[axis]!);
  if (missing.every((count) => count === 0)) return value;
  return graph.apply('Pad', [value, graph.ints([...missing.map(() => 0), ...missing])]);
}

/** The first values along each axis, down to a shape. */
export function cutTo(graph: GraphOperations, value: Value, shape: readonly number[]): Value {
  const axes = shape.flatMap((size, axis) => (size === value.shape[axis] ? [] : [axis]));
  if (axes.length === 0) return value;
  const ends = graph.ints(axes.map((axis) => shape[axis]!));
  return graph.apply('Slice', [value, graph.ints(axes.map(() => 0)), ends, graph.ints(axes)]);
}

/** [N, C, H, W] in blocks. */
export function toBlocks(graph: GraphOperations, x: Value, block: number, isLast = false): Value {
  const [batch, a, b, c] = x.shape as [number, number, number, number];
  const [channels, height, width] = isLast ? [c, a, b] : [a, b, c];
  // The runtime fills up blocks from channels in fours.
  const fours = filled(channels, 4);
  const image = padTo(graph, x, isLast ? [batch, height, width, fours] : [batch, fours, height, width]);
  return graph.apply('nchwc.ReorderInput', [image], {
    channels_last: { int: isLast ? 1 : 0 },
    _shape: { ints: [batch, filled(channels, block), height, width] },
  });
}

/** Blocks as [N, C, H, W], or with channels last. */
export function fromBlocks(graph: GraphOperations, x: Value, channels: number, isLast = false): Value {
  const [batch, , height, width] = x.shape as [number, number, number, number];
  return graph.apply('nchwc.ReorderOutput', [x], {
    channels: { int: channels },
    channels_last: { int: isLast ? 1 : 0 },
    _shape: { ints: isLast ? [batch, height, width, channels] : [batch, channels, height, width] },
  });
}

/** Each channel of blocks times a factor, plus a summand, plus another image: one pass over the values. */
export function channelAffine(graph: GraphOperations, x: Value, factor: Value, summand?: Value, image?: Value): Value {
  const channels = x.shape[1]!;
  const bias = summand ?? graph.full([channels], 0, x);
  return graph.apply('nchwc.Conv', [x, view(graph, factor, [channels, 1, 1, 1]), bias, ...(image ? [image] : [])], {
    kernel_shape: { ints: [1, 1] },
    group: { int: channels },
    _shape: { ints: x.shape },
  });
}

/** The mean of each channel of blocks over samples and positions: [C]. */
export function channelMeans(graph: GraphOperations, x: Value): Value {
  const [batch, channels] = x.shape as [number, number];
  const means = graph.apply('nchwc.GlobalAveragePool', [x], { _shape: { ints: [batch, channels, 1, 1] } });
  const rows = view(graph, means, [batch, channels]);
  return sumRows(graph, rows, 1 / batch);
}

/** The sum of each channel of blocks over samples and positions: [C]. */
export function channelSums(graph: GraphOperations, x: Value): Value {
  const [batch, , height, width] = x.shape as [number, number, number, number];
  return graph.apply('Mul', [channelMeans(graph, x), graph.scalar(batch * height * width, x)]);
}
