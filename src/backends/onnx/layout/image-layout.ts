import type { Graph } from '../autodiff/graph.ts';
import type { Attributes, Value } from '../autodiff/value.ts';

/**
 * How images lie in memory while a network trains: `nchwc` in blocks of channels, `nhwc` channels last, `winograd` the same with fewer
 * multiplications for kernels of 3×3, `plain` as ONNX has them.
 */
export const layoutNames = ['nchwc', 'nhwc', 'winograd', 'plain'] as const;

/** The name of a layout. */
export type LayoutName = (typeof layoutNames)[number];

/** One call of an operator on an image. */
export interface ImageCall {
  readonly graph: Graph;
  /** The image in the layout; undefined where `plain` is to be taken. */
  readonly image: () => Value;
  /** The image as [N, C, H, W]. */
  readonly plain: () => Value;
  /** Other inputs: weights, scales. */
  readonly others: readonly Value[];
  readonly attributes: Attributes;
  /** [N, C, H, W] of the image, without filling. */
  readonly shape: readonly [number, number, number, number];
}

/**
 * A way to hold images, and what it has its own formulation of. A method that answers undefined leaves the call to the
 * plain operator, between which and the others images are brought from one form to the other.
 */
export interface ImageLayout {
  readonly name: LayoutName;
  /** [N, C, H, W], or [N, H, W, C] with `isLast`, in the layout. */
  enter(graph: Graph, value: Value, isLast: boolean): Value;
  /** Back. */
  leave(graph: Graph, image: Value, channels: number, isLast: boolean): Value;
  convolution(call: ImageCall): Value | undefined;
  maxPool(call: ImageCall): Value | undefined;
  globalAverage(call: ImageCall): Value | undefined;
  /** The outputs of `ChannelNormalization`. */
  normalization(call: ImageCall): readonly Value[] | undefined;
  /** Each channel of each sample times its gate [N, C, 1, 1]. */
  gate(graph: Graph, image: Value, gate: Value): Value | undefined;
  /** Images one behind the other along the channels. */
  concat(graph: Graph, images: readonly Value[], channels: readonly number[]): Value | undefined;
}
