import { intOf, intsOf, unfit } from './operator.ts';
import type { Attributes } from './value.ts';

/** How a kernel moves over the spatial axes of [N, C, ...sizes]; one number an axis. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and behind each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Sizes of the output. */
  readonly output: readonly number[];
}

/**
 * The window of a convolution or pooling, padding worked out where `auto_pad` asks for it.
 *
 * @throws {TrainerError} MODEL_INVALID where nothing is left of the input.
 */
export function windowOf(
  operator: string,
  sizes: readonly number[],
  kernel: readonly number[],
  attributes: Attributes,
): Window {
  const rank = sizes.length;
  if (kernel.length !== rank) throw unfit(operator, `a kernel of [${kernel}] does not move over [${sizes}]`);
  const ones = new Array<number>(rank).fill(1);
  const strides = intsOf(attributes, 'strides') ?? ones;
  const dilations = intsOf(attributes, 'dilations') ?? ones;
  const pads = intsOf(attributes, 'pads') ?? new Array<number>(2 * rank).fill(0);
  const automatic = attributes.auto_pad !== undefined && 'string' in attributes.auto_pad && attributes.auto_pad.string;
  const roundsUp = intOf(attributes, 'ceil_mode', 0) === 1;
  const before: number[] = [];
  const after: number[] = [];
  const output: number[] = [];
  for (const [axis, size] of sizes.entries()) {
    const [stride, extent] = [strides[axis]!, (kernel[axis]! - 1) * dilations[axis]! + 1];
    let [first, last] = [pads[axis]!, pads[axis + rank]!];
    if (automatic === 'VALID') [first, last] = [0, 0];
    if (automatic === 'SAME_UPPER' || automatic === 'SAME_LOWER') {
      const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + extent - size);
      const less = Math.floor(total / 2);
      [first, last] = automatic === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    }
    const room = (size + first + last - extent) / stride;
    if (room < 0) {
      throw unfit(operator, `a kernel that spans ${extent} does not fit ${size + first + last} values`);
    }
    let count = Math.floor(room) + 1;
    // Rounded up, the last window must still begin within the input or the zeros before it.
    if (roundsUp && Math.floor(room) < room && count * stride < size + first) count++;
    before.push(first);
    after.push(last);
    output.push(count);
  }
  return { kernel, strides, dilations, before, after, output };
}

/** A window as attributes of a convolution. */
export function windowAttributes({ kernel, strides, dilations, before, after }: Omit<Window, 'output'>): Attributes {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...before, ...after] },
  };
}
