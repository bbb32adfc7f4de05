import type { Attributes } from '../../../../src/backends/onnx/autodiff/value.ts';
import type { OperatorCase } from './operator-case.ts';

const int = (value: number) => ({ int: value });
const ints = (...values: readonly number[]) => ({ ints: values });

/** Where the runtime has a kernel for float alone. */
const single = { types: ['float'] } as const;

const call =
  (operator: string, attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, inputs) =>
    graph.apply(operator, inputs, attributes);

const onAxes =
  (operator: string, axes: readonly number[], attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, [x]) =>
    graph.apply(operator, [x!, graph.ints(axes)], attributes);

const resizeTo =
  (scales: readonly number[], sizes: readonly number[], attributes: Attributes): OperatorCase['build'] =>
  (graph, [x]) => {
    const roi = graph.floats([0], [], x!);
    const factors = graph.floats([scales.length], scales, x!);
    const inputs = sizes.length === 0 ? [x!, roi, factors] : [x!, roi, factors, graph.ints(sizes)];
    return graph.apply('Resize', inputs, attributes);
  };

/** Cases of convolutional networks, as in `operatorCases`. */
export const imageOperatorCases: Readonly<Record<string, OperatorCase>> = {
  'Slice steps': {
    build: (graph, [a]) => {
      const every = (starts: number[], ends: number[], steps: number[]) =>
        graph.apply('Slice', [a!, graph.ints(starts), graph.ints(ends), graph.ints([0, 1]), graph.ints(steps)]);
      return graph.apply('Add', [every([1, 0], [99, -99], [2, -1]), every([2, 3], [99, 99], [2, 2])]);
    },
  },
  'Slice backwards': {
    build: (graph, [a]) => {
      const back = graph.apply('Slice', [a!, ...[[-1], [-99], [0], [-2]].map((list) => graph.ints(list))]);
      return graph.apply('Mul', [back, graph.apply('Slice', [a!, graph.ints([0]), graph.ints([3])])]);
    },
  },
  'Pad some axes': {
    build: (graph, [a]) => graph.apply('Pad', [a!, graph.ints([1, 2]), graph.scalar(0.5, a!), graph.ints([-1])]),
  },
  'Pad edge': { build: onAxes('Pad', [0, 0, 1, 2, 0, 0, 0, 1], { mode: { string: 'edge' } }) },
  'Pad reflect': { build: onAxes('Pad', [0, 0, 1, 2, 0, 0, 0, 1], { mode: { string: 'reflect' } }) },
  'Pad wrap': { build: onAxes('Pad', [0, 0, 1, 2, 0, 0, 0, 1], { mode: { string: 'wrap' } }) },
  Conv: { build: call('Conv'), ...single },
  'Conv strided': { build: call('Conv', { strides: ints(2, 3), pads: ints(1, 1, 1, 1) }), ...single },
  'Conv leftover': { build: call('Conv', { strides: ints(2, 2) }), ...single },
  'Conv dilated': { build: call('Conv', { dilations: ints(2, 2), pads: ints(2, 2, 2, 2) }), ...single },
  'Conv groups': { build: call('Conv', { group: int(2), pads: ints(1, 1, 1, 1) }), ...single },
  'Conv depthwise': {
    build: call('Conv', { group: int(3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
    ...single,
  },
  'Conv same upper': { build: call('Conv', { auto_pad: { string: 'SAME_UPPER' } }), ...single },
  'Conv one axis': { build: call('Conv', { dilations: ints(2), pads: ints(2, 2) }), ...single },
  'Conv repeated': {
    build: (graph, [x]) => graph.apply('Conv', [x!, x!], { pads: ints(1, 1, 1, 1) }),
    ...single,
  },
  'Conv empty': { build: call('Conv', { pads: ints(1, 1, 1, 1) }), ...single, isCorner: true },
  ConvTranspose: { build: call('ConvTranspose'), ...single },
  'ConvTranspose strided': {
    build: call('ConvTranspose', { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) }),
    ...single,
  },
  'ConvTranspose groups': { build: call('ConvTranspose', { group: int(2), dilations: ints(1, 2) }), ...single },
  MaxPool: { build: call('MaxPool', { kernel_shape: ints(2, 2), strides: ints(2, 2) }) },
  'MaxPool overlapping': {
    build: call('MaxPool', { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
  },
  'MaxPool rounded up': {
    build: call('MaxPool', { kernel_shape: ints(2, 3), strides: ints(2, 2), ceil_mode: int(1) }),
  },
  'MaxPool one axis': { build: call('MaxPool', { kernel_shape: ints(2), dilations: ints(2) }) },
  'MaxPool ties': { build: call('MaxPool', { kernel_shape: ints(2, 2), strides: ints(2, 2) }), isCorner: true },
  AveragePool: { build: call('AveragePool', { kernel_shape: ints(2, 2), strides: ints(2, 2) }), ...single },
  'AveragePool overlapping': {
    build: call('AveragePool', { kernel_shape: ints(3, 3), strides: ints(2, 2) }),
    ...single,
  },
  'AveragePool padded': {
    build: call('AveragePool', { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
    ...single,
  },
  'AveragePool counted': {
    build: call('AveragePool', { kernel_shape: ints(3, 2), pads: ints(1, 1, 1, 1), count_include_pad: int(1) }),
    ...single,
  },
  GlobalAveragePool: { build: call('GlobalAveragePool'), ...single },
  GlobalMaxPool: { build: call('GlobalMaxPool'), ...single },
  'GlobalMaxPool ties': { build: call('GlobalMaxPool'), ...single, isCorner: true },
  BatchNormalization: { build: call('BatchNormalization', { epsilon: { float: 1e-3 } }) },
  'BatchNormalization training': {
    build: (graph, [x, scale, bias]) => {
      const running = [0, 1].map((value) => graph.full([2], value, x!));
      const attributes = { epsilon: { float: 1e-3 }, training_mode: int(1) };
      return graph.apply('BatchNormalization', [x!, scale!, bias!, ...running], attributes);
    },
  },
  InstanceNormalization: { build: call('InstanceNormalization', { epsilon: { float: 1e-3 } }), ...single },
  GroupNormalization: {
    build: call('GroupNormalization', { num_groups: int(2), epsilon: { float: 1e-3 } }),
    ...single,
  },
  Resize: {
    build: resizeTo([1, 1, 2, 2], [], {
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    }),
    ...single,
  },
  'Resize linear': { build: resizeTo([], [1, 2, 5, 3], { mode: { string: 'linear' } }), ...single },
  'Resize aligned': {
    build: resizeTo([], [1, 2, 5, 4], {
      mode: { string: 'linear' },
      coordinate_transformation_mode: { string: 'align_corners' },
    }),
    ...single,
  },
  DepthToSpace: { build: call('DepthToSpace', { blocksize: int(2) }) },
  'DepthToSpace row first': { build: call('DepthToSpace', { blocksize: int(2), mode: { string: 'CRD' } }) },
  SpaceToDepth: { build: call('SpaceToDepth', { blocksize: int(2) }) },
  HardSwish: { build: call('HardSwish'), ...single },
  Clip: { build: (graph, [a]) => graph.apply('Clip', [a!, graph.scalar(-0.75, a!), graph.scalar(1.25, a!)]) },
  'Clip below': { build: (graph, [a]) => graph.apply('Clip', [a!, graph.scalar(0.5, a!)]) },
  'Clip at bounds': {
    build: (graph, [a]) => graph.apply('Clip', [a!, graph.scalar(0, a!), graph.scalar(6, a!)]),
    isCorner: true,
  },
  PRelu: { build: call('PRelu'), ...single },
  Elu: { build: call('Elu', { alpha: { float: 0.5 } }), ...single },
  Selu: { build: call('Selu'), ...single },
  Celu: { build: call('Celu', { alpha: { float: 0.5 } }), ...single },
  ThresholdedRelu: { build: call('ThresholdedRelu', { alpha: { float: 0.5 } }), ...single },
  Softsign: { build: call('Softsign'), ...single },
  Mish: { build: call('Mish'), ...single },
  LRN: {
    build: call('LRN', { size: int(3), alpha: { float: 0.5 }, beta: { float: 0.75 }, bias: { float: 2 } }),
    ...single,
  },
  'LRN of all channels': {
    build: call('LRN', { size: int(7), alpha: { float: 2 }, beta: { float: 0.5 }, bias: { float: 1 } }),
    ...single,
  },
  Shrink: { build: call('Shrink', { lambd: { float: 0.75 }, bias: { float: 0.75 } }) },
  // The runtime rounds doubles to floats where there is no bias.
  'Shrink hard': { build: call('Shrink', { lambd: { float: 0.5 } }), ...single },
  'Shrink at bounds': { build: call('Shrink', { lambd: { float: 1 }, bias: { float: 1 } }), isCorner: true },
};
