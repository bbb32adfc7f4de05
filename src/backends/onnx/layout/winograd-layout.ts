import { padTo } from '../autodiff/blocks.ts';
import { intOf } from '../autodiff/operator.ts';
import { windowOf } from '../autodiff/window.ts';
import type { ImageCall, ImageLayout } from './image-layout.ts';
import { nhwcLayout } from './nhwc-layout.ts';

/** Channels and filters from which the products are most of the work. */
const leastChannels = 8;

/** Channels up to which an image is moved tap by tap. */
const mostShifted = 4;

/** The even number that a size is filled up to. */
const even = (size: number): number => Math.max(4, size + (size % 2));

function convolution(call: ImageCall) {
  const { graph, image, others, attributes, shape } = call;
  const [w] = others;
  const [filters, channels, ...kernel] = w!.shape as [number, number, number, number];
  const [batch, , height, width] = shape;
  const { strides, dilations, before, after, output } = windowOf('Conv', shape.slice(2), kernel, attributes);
  const isFit =
    intOf(attributes, 'group', 1) === 1 &&
    kernel.every((size) => size === 3) &&
    [...strides, ...dilations].every((step) => step === 1) &&
    [...before, ...after].every((pad) => pad <= 1) &&
    Math.min(filters, channels) >= leastChannels;
  const isThin = channels <= mostShifted && kernel.some((size) => size > 1) && intOf(attributes, 'group', 1) === 1;
  if (isThin) return graph.apply('ShiftedConvolution', [image(), ...others], attributes);
  if (!isFit) return nhwcLayout.convolution(call);
  // Zeros behind an image are what a convolution takes there anyway; without them around, the outer outputs are cut off.
  const x = padTo(graph, image(), [batch, even(height), even(width), channels]);
  const y = graph.apply('WinogradConvolution', [x, ...others]);
  const starts = before.map((pad) => 1 - pad);
  const isWhole = output.every((size, axis) => starts[axis] === 0 && size === y.shape[axis + 1]);
  if (isWhole) return y;
  const ends = output.map((size, axis) => starts[axis]! + size);
  return graph.apply('Slice', [y, graph.ints(starts), graph.ints(ends), graph.ints([1, 2])]);
}

/**
 * Images with channels last, whose convolutions of 3×3 are worked out by Winograd's sixteen products for four outputs: for runtimes whose products
 * of matrices take much longer than passes over images, as in WebAssembly.
 */
export const winogradLayout: ImageLayout = { ...nhwcLayout, name: 'winograd', convolution };
