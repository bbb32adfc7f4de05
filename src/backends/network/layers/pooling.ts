import {
  expectFloats,
  type LayerDefinition,
  type LayerPlace,
  LayerProblem,
  printSignature,
  sizeOf,
} from '../layer-definition.ts';
import {
  expectImage,
  geometryOf,
  optionalPadding,
  optionalPerAxis,
  outputSizes,
  type PerAxis,
  perAxis,
} from './geometry.ts';

interface PoolOptions<A> extends LayerPlace {
  /** The size of a window. */
  readonly kernel: A;
  /** @default the kernel: windows side by side */
  readonly stride?: A;
  /** @default 'valid' */
  readonly padding?: 'same' | 'valid' | A;
}

/** The largest value of each window of a sequence: [length, channels]. */
export interface MaxPool1dLayer extends PoolOptions<number> {
  readonly kind: 'max-pool1d';
}

/** The largest value of each window of an image: [height, width, channels]. */
export interface MaxPool2dLayer extends PoolOptions<PerAxis> {
  readonly kind: 'max-pool2d';
}

/** The mean of each window of a sequence; padding does not count. */
export interface AveragePool1dLayer extends PoolOptions<number> {
  readonly kind: 'average-pool1d';
}

/** The mean of each window of an image; padding does not count. */
export interface AveragePool2dLayer extends PoolOptions<PerAxis> {
  readonly kind: 'average-pool2d';
}

/** The mean of each channel over all positions: [..., channels] → [channels]. */
export interface GlobalAveragePoolLayer extends LayerPlace {
  readonly kind: 'global-average-pool';
}

/** The largest value of each channel over all positions: [..., channels] → [channels]. */
export interface GlobalMaxPoolLayer extends LayerPlace {
  readonly kind: 'global-max-pool';
}

type More<A> = Omit<PoolOptions<A>, 'kernel'>;

/** The largest value of each window of `kernel` positions of a sequence. */
export function maxPool1d(kernel: number, options: More<number> = {}): MaxPool1dLayer {
  return { ...options, kind: 'max-pool1d', kernel };
}

/** The largest value of each window of an image. */
export function maxPool2d(kernel: PerAxis, options: More<PerAxis> = {}): MaxPool2dLayer {
  return { ...options, kind: 'max-pool2d', kernel };
}

/** The mean of each window of `kernel` positions of a sequence. */
export function averagePool1d(kernel: number, options: More<number> = {}): AveragePool1dLayer {
  return { ...options, kind: 'average-pool1d', kernel };
}

/** The mean of each window of an image. */
export function averagePool2d(kernel: PerAxis, options: More<PerAxis> = {}): AveragePool2dLayer {
  return { ...options, kind: 'average-pool2d', kernel };
}

/** The mean of each channel over all positions of a sequence or image. */
export function globalAveragePool(place: LayerPlace = {}): GlobalAveragePoolLayer {
  return { ...place, kind: 'global-average-pool' };
}

/** The largest value of each channel over all positions of a sequence or image. */
export function globalMaxPool(place: LayerPlace = {}): GlobalMaxPoolLayer {
  return { ...place, kind: 'global-max-pool' };
}

/** A pool's options with its defaults, for the geometry. */
export function poolWindow({ kernel, stride = kernel, padding = 'valid' }: PoolOptions<PerAxis>) {
  return { kernel, stride, padding } as const;
}

function pool<L extends PoolOptions<PerAxis>>(rank: 1 | 2): LayerDefinition<L> {
  return {
    arity: [1, 1],
    options: { kernel: perAxis(rank), stride: optionalPerAxis(rank), padding: optionalPadding(rank) },
    infer(layer, [input]) {
      const { sizes, channels } = expectImage(input!, rank);
      const geometry = geometryOf(poolWindow(layer), rank);
      const { kernel, before, after } = geometry;
      if (kernel.some((size, axis) => before[axis]! >= size || after[axis]! >= size)) {
        throw new LayerProblem(`expected less padding than the kernel of [${kernel}]: a window would hold nothing`);
      }
      const output = outputSizes(sizes, geometry);
      return {
        output: { dtype: 'float32', shape: [...output, channels] },
        parameters: [],
        flops: sizeOf(output) * channels * sizeOf(kernel),
      };
    },
  };
}

export const maxPool1dDefinition = pool<MaxPool1dLayer>(1);
export const maxPool2dDefinition = pool<MaxPool2dLayer>(2);
export const averagePool1dDefinition = pool<AveragePool1dLayer>(1);
export const averagePool2dDefinition = pool<AveragePool2dLayer>(2);

function globalPool<L>(): LayerDefinition<L> {
  return {
    arity: [1, 1],
    options: {},
    infer(_, [input]) {
      expectFloats(input!);
      const { shape } = input!;
      if (shape.length < 2) {
        throw new LayerProblem(`expected positions and channels, [..., channels], got ${printSignature(input!)}`);
      }
      return { output: { dtype: 'float32', shape: shape.slice(-1) }, parameters: [], flops: sizeOf(shape) };
    },
  };
}

export const globalAveragePoolDefinition = globalPool<GlobalAveragePoolLayer>();
export const globalMaxPoolDefinition = globalPool<GlobalMaxPoolLayer>();
