import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';
import { type Window, windowAttributes } from './window.ts';

/**
 * The gradient of a convolution's weights is a convolution itself: the input is the image, the arriving gradient the
 * filter, batch and channels change places, and so do strides and dilations.
 *
 * @param x [N, C, ...sizes]
 * @param gradient [N, O, ...outputs]
 * @returns [O, C / group, ...kernel]
 */
export function filterGradient(
  graph: GraphOperations,
  x: Value,
  gradient: Value,
  window: Window,
  group: number,
): Value {
  const [batch, channels, ...sizes] = x.shape as [number, number, ...number[]];
  const outputs = gradient.shape.slice(2);
  const { kernel, strides, dilations, before, after } = window;
  const width = channels / group;
  // The runtime has no kernel for no samples.
  if (batch === 0) return graph.full([gradient.shape[1]!, width, ...kernel], 0, x);
  const spatial = sizes.map((_, axis) => axis + 2);
  const first = { perm: { ints: [1, 0, ...spatial] } };
  // One image for each channel within a group; its channels are the samples, group by group.
  const inGroups = (): Value => {
    const split = graph.apply('Reshape', [x, graph.ints([batch, group, width, ...sizes])]);
    const exchanged = { perm: { ints: [2, 1, 0, ...spatial.map((axis) => axis + 1)] } };
    const moved = graph.apply('Transpose', [split], exchanged);
    return graph.apply('Reshape', [moved, graph.ints([width, group * batch, ...sizes])]);
  };
  const image = group === 1 ? graph.apply('Transpose', [x], first) : inGroups();
  const filter = graph.apply('Transpose', [gradient], first);
  const exchange = { kernel: outputs, strides: dilations, dilations: strides, before, after };
  const wide = graph.apply('Conv', [image, filter], { ...windowAttributes(exchange), group: { int: group } });
  // Where the stride leaves a rest of the input, the result is longer than the kernel.
  const isLonger = kernel.some((size, axis) => wide.shape[axis + 2] !== size);
  const cut = isLonger
    ? graph.apply('Slice', [wide, graph.ints(kernel.map(() => 0)), graph.ints(kernel), graph.ints(spatial)])
    : wide;
  return graph.apply('Transpose', [cut], first);
}
