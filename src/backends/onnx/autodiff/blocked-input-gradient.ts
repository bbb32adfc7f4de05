import { backwardWeights, reversedTaps } from './blocked-weights.ts';
import { cutTo, filled, view } from './blocks.ts';
import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';
import type { Window } from './window.ts';

/** Which taps of a strided kernel reach one of the stride's phases along an axis, and where they begin in the output. */
interface Phase {
  readonly first: number;
  readonly taps: number;
  /** Zeros before and behind the gradient. */
  readonly before: number;
  readonly after: number;
}

/** The phases of one axis; undefined where the image or the kernel is no multiple that this serves. */
function phasesOf(window: Window, axis: number, size: number): readonly Phase[] | undefined {
  const { kernel, strides, dilations, before, output } = window;
  const [taps, stride, pad, count] = [kernel[axis]!, strides[axis]!, before[axis]!, output[axis]!];
  if (size % stride !== 0 || dilations[axis] !== 1 || taps < stride) return undefined;
  const phases = Array.from({ length: stride }, (_, phase): Phase => {
    const first = (phase + pad) % stride;
    const reach = (phase + pad - first) / stride;
    const own = Math.ceil((taps - first) / stride);
    return { first, taps: own, before: own - 1 - reach, after: size / stride + reach - count };
  });
  return phases.every((phase) => phase.before >= 0 && phase.after >= 0) ? phases : undefined;
}

/** Zeros between the values of blocks, so that a strided convolution's gradient becomes one of stride 1. */
function dilated(graph: GraphOperations, dy: Value, strides: readonly number[], block: number): Value {
  const [batch, filters, height, width] = dy.shape as [number, number, number, number];
  const [down, across] = strides as [number, number];
  if (down === 1 && across === 1) return dy;
  const rows = view(graph, dy, [batch * (filters / block) * height, 1, width, block]);
  const pads = [0, 0, 0, 0, 0, down - 1, 0, (across - 1) * block];
  const wide = graph.apply('Pad', [rows, graph.ints(pads)]);
  return view(graph, wide, [batch, filters, height * down, width * across]);
}

/**
 * The gradient of a convolution's input, on blocks. w: [O, C, kh, kw], `shape` of the input → [N, C, H, W] in blocks.
 *
 * Stride 1 is a convolution with the kernel turned round. A stride is one convolution for each of its phases, which
 * read disjoint taps, interleaved (sub-pixel convolution: Shi et al., 2016); else zeros are put between the values.
 */
export function blockedInputGradient(
  graph: GraphOperations,
  dy: Value,
  w: Value,
  shape: readonly number[],
  window: Window,
  block: number,
): Value {
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const { kernel, strides, dilations, before } = window;
  const convolve = (
    image: Value,
    taps: readonly [readonly number[], readonly number[]],
    pads: readonly number[],
    size: readonly number[],
    apart: readonly number[] = [1, 1],
  ) =>
    graph.apply('nchwc.Conv', [image, backwardWeights(graph, w, taps, block)], {
      kernel_shape: { ints: taps.map(({ length }) => length) },
      strides: { ints: [1, 1] },
      dilations: { ints: apart },
      pads: { ints: pads },
      group: { int: 1 },
      _shape: { ints: [batch, filled(w.shape[1]!, block), ...size] },
    });

  const isStrided = strides.some((stride) => stride > 1);
  const rows = isStrided ? phasesOf(window, 0, height) : undefined;
  const columns = isStrided ? phasesOf(window, 1, width) : undefined;
  if (rows !== undefined && columns !== undefined) {
    const [down, across] = [rows.length, columns.length];
    const lines = batch * (channels / block) * (height / down);
    const part = (row: Phase, column: Phase) => {
      const taps = [reversedTaps(kernel[0]!, row.first, down), reversedTaps(kernel[1]!, column.first, across)] as const;
      const pads = [row.before, column.before, row.after, column.after];
      const made = convolve(dy, taps, pads, [height / down, width / across]);
      return view(graph, made, [lines, 1, width / across, 1, block]);
    };
    const joined = rows.map((row) => {
      const parts = columns.map((column) => part(row, column));
      const line = parts.length === 1 ? parts[0]! : graph.apply('Concat', parts, { axis: { int: 3 } });
      return view(graph, line, [lines, 1, width * block]);
    });
    const all = joined.length === 1 ? joined[0]! : graph.apply('Concat', joined, { axis: { int: 1 } });
    return view(graph, all, shape);
  }

  const wide = dilated(graph, dy, strides, block);
  const spans = kernel.map((taps, axis) => (taps - 1) * dilations[axis]!);
  const front = spans.map((span, axis) => span - before[axis]!);
  const back = [height, width].map((size, axis) => size - wide.shape[axis + 2]! - front[axis]! + spans[axis]!);
  // The zeros behind the last value may be more than the image has room for.
  const isTooLong = back.some((count) => count < 0);
  const image = isTooLong ? cutBlocks(graph, wide, back, block) : wide;
  const pads = [...front, ...back.map((count) => Math.max(0, count))];
  return convolve(image, [reversedTaps(kernel[0]!), reversedTaps(kernel[1]!)], pads, [height, width], dilations);
}

/** Blocks without the last rows and columns. */
function cutBlocks(graph: GraphOperations, x: Value, back: readonly number[], block: number): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [h, w] = [height + Math.min(0, back[0]!), width + Math.min(0, back[1]!)];
  const lines = batch * (channels / block);
  return view(graph, cutTo(graph, view(graph, x, [lines, height, width, block]), [lines, h, w, block]), [
    batch,
    channels,
    h,
    w,
  ]);
}
