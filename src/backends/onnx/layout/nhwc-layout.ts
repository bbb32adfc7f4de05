import { view } from '../autodiff/blocks.ts';
import { normaliseRows } from '../autodiff/composites/normalise-rows.ts';
import { floatOf, intOf, intsOf } from '../autodiff/operator.ts';
import type { ImageLayout } from './image-layout.ts';
import { isTiled } from './nchwc-layout.ts';

const first = { perm: { ints: [0, 3, 1, 2] } } as const;
const last = { perm: { ints: [0, 2, 3, 1] } } as const;

/** Images with channels last: convolutions are products of matrices, which every runtime does well. */
export const nhwcLayout: ImageLayout = {
  name: 'nhwc',
  enter: (graph, value, isLast) => (isLast ? value : graph.apply('Transpose', [value], last)),
  leave: (graph, image, _, isLast) => (isLast ? image : graph.apply('Transpose', [image], first)),
  convolution({ graph, image, others, attributes }) {
    if (intOf(attributes, 'group', 1) !== 1) return undefined;
    return graph.apply('PatchConvolution', [image(), ...others], attributes);
  },
  maxPool(call) {
    if (!isTiled(call)) return undefined;
    const { graph, image, attributes, shape } = call;
    const [batch, channels, height, width] = shape;
    const [down, across] = intsOf(attributes, 'kernel_shape') as [number, number];
    return graph.apply('TileMaxPool', [image()], {
      kernel_shape: { ints: [down, across] },
      _tile: { ints: [height, width, channels] },
      _shape: { ints: [batch, height / down, width / across, channels] },
    });
  },
  globalAverage({ graph, image, shape }) {
    const means = graph.apply('ReduceMean', [image(), graph.ints([1, 2])], { keepdims: { int: 0 } });
    return view(graph, means, [shape[0], shape[1], 1, 1]);
  },
  normalization({ graph, image, others, attributes, shape }) {
    const x = image();
    const rows = view(graph, x, [-1, shape[1]]);
    const { y, mean, variance } = normaliseRows(
      graph,
      rows,
      others[0]!,
      others[1]!,
      floatOf(attributes, 'epsilon', 1e-5),
    );
    return [view(graph, y, x.shape), mean, variance];
  },
  gate(graph, image, gate) {
    const [batch, , , channels] = image.shape as [number, number, number, number];
    return graph.apply('Mul', [image, view(graph, gate, [batch, 1, 1, channels])]);
  },
  concat: (graph, images) => graph.apply('Concat', images, { axis: { int: 3 } }),
};
