import { filled, padTo, view } from '../autodiff/blocks.ts';
import { intOf, intsOf } from '../autodiff/operator.ts';
import { type Window, windowOf } from '../autodiff/window.ts';
import type { ImageCall, ImageLayout } from './image-layout.ts';

/** Whether windows lie side by side and fill the image. */
export function isTiled({ attributes, shape }: ImageCall): boolean {
  const window = windowOf('MaxPool', shape.slice(2), intsOf(attributes, 'kernel_shape') ?? [], attributes);
  const { kernel, strides, dilations, before, after, output } = window;
  return (
    [...before, ...after].every((pad) => pad === 0) &&
    kernel.every((size, axis) => {
      return strides[axis] === size && dilations[axis] === 1 && shape[axis + 2] === size * output[axis]!;
    })
  );
}

/** Whether the way back through a window needs no negative padding. */
function isReversible({ kernel, dilations, before, after }: Window): boolean {
  return kernel.every((taps, axis) => {
    const span = (taps - 1) * dilations[axis]!;
    return before[axis]! <= span && after[axis]! <= span;
  });
}

/** Images in blocks of channels, for the convolutions of ONNX Runtime's own domain `com.microsoft.nchwc`. */
export function nchwcLayout(block: number): ImageLayout {
  const own = { _block: { int: block } } as const;
  return {
    name: 'nchwc',
    enter: (graph, value, isLast) => graph.apply('BlockImages', [value], { ...own, _last: { int: isLast ? 1 : 0 } }),
    leave: (graph, image, channels, isLast) =>
      graph.apply('UnblockImages', [image], { ...own, _channels: { int: channels }, _last: { int: isLast ? 1 : 0 } }),
    convolution({ graph, image, plain, others, attributes, shape }) {
      const [w] = others;
      const [filters, width] = w!.shape as [number, number];
      const channels = shape[1];
      const group = intOf(attributes, 'group', 1);
      if (!isReversible(windowOf('Conv', shape.slice(2), w!.shape.slice(2), attributes))) return undefined;
      if (group === channels && width === 1 && filters === channels && channels > 1) {
        return graph.apply('BlockedDepthwise', [image(), ...others], { ...attributes, ...own });
      }
      // Filling up to a block must not be most of the work.
      if (group !== 1 || filters * 4 < filled(filters, block) * 3) return undefined;
      const isPlain = channels < block;
      return graph.apply('BlockedConvolution', [isPlain ? plain() : image(), ...others], {
        ...attributes,
        ...own,
        _plain: { int: isPlain ? 1 : 0 },
      });
    },
    maxPool(call) {
      if (!isTiled(call)) return undefined;
      const { graph, image, attributes, shape } = call;
      const kernel = intsOf(attributes, 'kernel_shape')!;
      const x = image();
      return graph.apply('TileMaxPool', [x], {
        kernel_shape: { ints: kernel },
        _tile: { ints: [shape[2], shape[3], block] },
        _shape: { ints: [x.shape[0]!, x.shape[1]!, shape[2] / kernel[0]!, shape[3] / kernel[1]!] },
      });
    },
    globalAverage: ({ graph, image, shape }) => {
      return graph.apply('BlockedGlobalAverage', [image()], { ...own, _channels: { int: shape[1] } });
    },
    normalization: ({ graph, image, others, attributes }) =>
      graph.applyAll('BlockedNormalization', [image(), ...others], { ...attributes, ...own }).slice(0, 3),
    gate(graph, image, gate) {
      const [batch, stored, height, width] = image.shape as [number, number, number, number];
      const lanes = view(graph, padTo(graph, gate, [batch, stored, 1, 1]), [batch * (stored / block), 1, block]);
      const pixels = view(graph, image, [batch * (stored / block), height * width, block]);
      return view(graph, graph.apply('Mul', [pixels, lanes]), image.shape);
    },
    concat: (graph, images, channels) =>
      channels.every((count) => count % block === 0) ? graph.apply('Concat', images, { axis: { int: 1 } }) : undefined,
  };
}
