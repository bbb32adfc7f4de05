import { geometryOf, type WindowGeometry } from '../../network/layers/geometry.ts';
import { defaultEpsilon } from '../../network/layers/normalisation.ts';
import { poolWindow } from '../../network/layers/pooling.ts';
import type { PlainLayer } from '../../network/network-spec.ts';
import type { Attributes, Value } from '../autodiff/value.ts';
import { channelsFirst, channelsLast } from './channels.ts';
import type { LayerContext, Lower } from './layer-context.ts';

type ImageKind =
  | 'conv1d'
  | 'conv2d'
  | 'depthwise-conv2d'
  | 'conv-transpose2d'
  | 'max-pool1d'
  | 'max-pool2d'
  | 'average-pool1d'
  | 'average-pool2d'
  | 'global-average-pool'
  | 'global-max-pool'
  | 'group-norm'
  | 'upsample'
  | 'squeeze-excite';

type Of<K extends ImageKind> = Extract<PlainLayer, { readonly kind: K }>;

function attributesOf({ kernel, strides, dilations, before, after }: WindowGeometry): Attributes {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...before, ...after] },
  };
}

/** Works on [N, C, ...positions] and hands [N, ...positions, C] on. */
function onChannels({ graph, inputs }: LayerContext, make: (x: Value) => Value): Value {
  return channelsLast(graph, make(channelsFirst(graph, inputs[0]!)));
}

const weights = ({ parameter }: LayerContext, bias = true): Value[] =>
  bias ? [parameter('weight'), parameter('bias')] : [parameter('weight')];

function convolution(rank: 1 | 2): Lower<Of<'conv1d'> | Of<'conv2d'>> {
  return (context, layer) =>
    onChannels(context, (x) =>
      context.graph.apply('Conv', [x, ...weights(context, layer.bias)], {
        ...attributesOf(geometryOf(layer, rank)),
        group: { int: layer.groups ?? 1 },
      }),
    );
}

function pool(operator: string, rank: 1 | 2): Lower<Parameters<typeof poolWindow>[0]> {
  return (context, layer) =>
    onChannels(context, (x) => context.graph.apply(operator, [x], attributesOf(geometryOf(poolWindow(layer), rank))));
}

function globalPool(operator: string): Lower<unknown> {
  return ({ graph, inputs: [x] }) => {
    const pooled = graph.apply(operator, [channelsFirst(graph, x!)]);
    return graph.apply('Reshape', [pooled, graph.ints([-1, x!.shape.at(-1)!])]);
  };
}

/** How the layers of images and of sequences with channels become values of a graph. */
export const imageLowerings: { readonly [K in ImageKind]: Lower<Of<K>> } = {
  conv1d: convolution(1),
  conv2d: convolution(2),
  'depthwise-conv2d': (context, layer) =>
    onChannels(context, (x) =>
      context.graph.apply('Conv', [x, ...weights(context, layer.bias)], {
        ...attributesOf(geometryOf(layer, 2)),
        group: { int: x.shape[1]! },
      }),
    ),
  // The transpose of a `same` convolution from an image that is larger by the stride.
  'conv-transpose2d'(context, layer) {
    const geometry = geometryOf(layer, 2);
    return onChannels(context, (x) =>
      context.graph.apply('ConvTranspose', [x, ...weights(context, layer.bias)], {
        ...attributesOf(geometry),
        output_padding: { ints: geometry.strides.map((stride) => stride - 1) },
      }),
    );
  },
  'max-pool1d': pool('MaxPool', 1),
  'max-pool2d': pool('MaxPool', 2),
  'average-pool1d': pool('AveragePool', 1),
  'average-pool2d': pool('AveragePool', 2),
  'global-average-pool': globalPool('GlobalAveragePool'),
  'global-max-pool': globalPool('GlobalMaxPool'),
  'group-norm': (context, { groups, epsilon = defaultEpsilon }) =>
    onChannels(context, (x) =>
      context.graph.apply('GroupNormalization', [x, context.parameter('scale'), context.parameter('shift')], {
        num_groups: { int: groups },
        epsilon: { float: epsilon },
      }),
    ),
  upsample: (context, { factor, mode = 'nearest' }) =>
    onChannels(context, (x) => {
      const { graph } = context;
      const scales = graph.floats([4], [1, 1, factor, factor], x);
      const how: Attributes =
        mode === 'nearest'
          ? { coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' } }
          : { mode: { string: 'linear' } };
      return graph.apply('Resize', [x, graph.floats([0], [], x), scales], how);
    }),
  'squeeze-excite': (context) =>
    onChannels(context, (x) => {
      const { graph, parameter } = context;
      const channels = x.shape[1]!;
      const means = graph.apply('Reshape', [graph.apply('GlobalAveragePool', [x]), graph.ints([-1, channels])]);
      const dense = (value: Value, name: string) =>
        graph.apply('Gemm', [value, parameter(`${name}-weight`), parameter(`${name}-bias`)]);
      const gate = graph.apply('Sigmoid', [dense(graph.apply('Relu', [dense(means, 'squeeze')]), 'excite')]);
      const wide = graph.ints([-1, channels, ...x.shape.slice(2).map(() => 1)]);
      return graph.apply('Mul', [x, graph.apply('Reshape', [gate, wide])]);
    }),
};
