import {
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  optionalBoolean,
  type ParameterSpec,
  positiveInteger,
  sizeOf,
} from '../layer-definition.ts';
import {
  expectImage,
  geometryOf,
  optionalPadding,
  optionalPerAxis,
  outputSizes,
  type Padding,
  type PerAxis,
  perAxis,
} from './geometry.ts';

interface ConvolutionOptions extends LayerPlace {
  /** Channels of the output. */
  readonly filters: number;
  /** @default 1 */
  readonly groups?: number;
  /** @default true */
  readonly bias?: boolean;
}

/** A convolution over a sequence: [length, channels] → [length, filters]. */
export interface Conv1dLayer extends ConvolutionOptions {
  readonly kind: 'conv1d';
  readonly kernel: number;
  /** @default 1 */
  readonly stride?: number;
  /** @default 'same' */
  readonly padding?: 'same' | 'valid' | 'causal' | number;
  /** @default 1 */
  readonly dilation?: number;
}

/** A convolution over an image: [height, width, channels] → [height, width, filters]. */
export interface Conv2dLayer extends ConvolutionOptions {
  readonly kind: 'conv2d';
  /** One number, or height and width. */
  readonly kernel: PerAxis;
  /** @default 1 */
  readonly stride?: PerAxis;
  /** @default 'same' */
  readonly padding?: Exclude<Padding, 'causal'>;
  /** @default 1 */
  readonly dilation?: PerAxis;
}

/** A convolution of each channel alone: [height, width, channels] → [height, width, channels · multiplier]. */
export interface DepthwiseConv2dLayer extends Omit<Conv2dLayer, 'kind' | 'filters' | 'groups'> {
  readonly kind: 'depthwise-conv2d';
  /** Filters for each channel. @default 1 */
  readonly multiplier?: number;
}

/** A convolution that enlarges: [height, width, channels] → [height · stride, width · stride, filters]. */
export interface ConvTranspose2dLayer extends Omit<ConvolutionOptions, 'groups'> {
  readonly kind: 'conv-transpose2d';
  readonly kernel: PerAxis;
  /** @default 1 */
  readonly stride?: PerAxis;
}

/** A convolution over a sequence, channels last. */
export function conv1d(options: Omit<Conv1dLayer, 'kind'>): Conv1dLayer {
  return { ...options, kind: 'conv1d' };
}

/** A convolution over an image, channels last. */
export function conv2d(options: Omit<Conv2dLayer, 'kind'>): Conv2dLayer {
  return { ...options, kind: 'conv2d' };
}

/** A convolution of each channel of an image alone. */
export function depthwiseConv2d(options: Omit<DepthwiseConv2dLayer, 'kind'>): DepthwiseConv2dLayer {
  return { ...options, kind: 'depthwise-conv2d' };
}

/** The transpose of a `same` convolution: it enlarges an image by its stride (Zeiler et al., 2010). */
export function convTranspose2d(options: Omit<ConvTranspose2dLayer, 'kind'>): ConvTranspose2dLayer {
  return { ...options, kind: 'conv-transpose2d' };
}

/** Weights and bias start uniform in ±1/√(inputs of one output), as PyTorch's convolutions do. */
function parametersOf(shape: readonly number[], filters: number, fanIn: number, bias: boolean): ParameterSpec[] {
  const initial = { kind: 'uniform', limit: 1 / Math.sqrt(fanIn) } as const;
  const weight = { name: 'weight', shape, initial, isTrained: true, isDecayed: true };
  return bias ? [weight, { name: 'bias', shape: [filters], initial, isTrained: true, isDecayed: false }] : [weight];
}

/** Weights are [filters, channels / groups, ...kernel], as in ONNX and PyTorch. */
function convolution<L extends Conv1dLayer | Conv2dLayer>(rank: 1 | 2): LayerDefinition<L> {
  return {
    arity: [1, 1],
    options: {
      filters: positiveInteger,
      kernel: perAxis(rank),
      stride: optionalPerAxis(rank),
      padding: optionalPadding(rank),
      dilation: optionalPerAxis(rank),
      groups: optionalPerAxis(1),
      bias: optionalBoolean,
    },
    infer(layer, [input]) {
      const { filters, groups = 1, bias = true } = layer;
      const { sizes, channels } = expectImage(input!, rank);
      if (channels % groups !== 0 || filters % groups !== 0) {
        throw new LayerProblem(`expected ${groups} groups to divide ${channels} channels and ${filters} filters`);
      }
      const geometry = geometryOf(layer, rank);
      const output = outputSizes(sizes, geometry);
      const fanIn = (channels / groups) * sizeOf(geometry.kernel);
      return {
        output: { dtype: 'float32', shape: [...output, filters] },
        parameters: parametersOf([filters, channels / groups, ...geometry.kernel], filters, fanIn, bias),
        flops: sizeOf(output) * filters * (2 * fanIn + (bias ? 1 : 0)),
      };
    },
  };
}

export const conv1dDefinition = convolution<Conv1dLayer>(1);
export const conv2dDefinition = convolution<Conv2dLayer>(2);

/** Weights are [channels · multiplier, 1, height, width]. */
export const depthwiseConv2dDefinition: LayerDefinition<DepthwiseConv2dLayer> = {
  arity: [1, 1],
  options: {
    kernel: perAxis(2),
    multiplier: optionalPerAxis(1),
    stride: optionalPerAxis(2),
    padding: optionalPadding(2),
    dilation: optionalPerAxis(2),
    bias: optionalBoolean,
  },
  infer(layer, [input]) {
    const { multiplier = 1, bias = true } = layer;
    const { sizes, channels } = expectImage(input!, 2);
    const geometry = geometryOf(layer, 2);
    const output = outputSizes(sizes, geometry);
    const [filters, taps] = [channels * multiplier, sizeOf(geometry.kernel)];
    return {
      output: { dtype: 'float32', shape: [...output, filters] },
      parameters: parametersOf([filters, 1, ...geometry.kernel], filters, taps, bias),
      flops: sizeOf(output) * filters * (2 * taps + (bias ? 1 : 0)),
    };
  },
};

/** Weights are [channels, filters, height, width]. */
export const convTranspose2dDefinition: LayerDefinition<ConvTranspose2dLayer> = {
  arity: [1, 1],
  options: { filters: positiveInteger, kernel: perAxis(2), stride: optionalPerAxis(2), bias: optionalBoolean },
  infer(layer, [input]) {
    const { filters, bias = true } = layer;
    const { sizes, channels } = expectImage(input!, 2);
    const { kernel, strides } = geometryOf(layer, 2);
    const output = sizes.map((size, axis) => size * strides[axis]!);
    const taps = sizeOf(kernel);
    return {
      output: { dtype: 'float32', shape: [...output, filters] },
      parameters: parametersOf([channels, filters, ...kernel], filters, filters * taps, bias),
      flops: 2 * sizeOf(sizes) * channels * filters * taps + (bias ? sizeOf(output) * filters : 0),
    };
  },
};
