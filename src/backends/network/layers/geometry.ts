import {
  LayerProblem,
  type OptionCheck,
  positiveInteger,
  printSignature,
  type Signature,
} from '../layer-definition.ts';

/** One number for all spatial axes, or one for each (height, width). */
export type PerAxis = number | readonly number[];

/**
 * What is put around an image: `same` keeps the size but for the stride (⌈size / stride⌉), zeros on both sides and the
 * odd one behind, as PyTorch's `padding` of half a kernel; `valid` puts nothing; `causal` puts all zeros in front, so
 * that no output sees what comes after it; numbers are zeros on each side.
 */
export type Padding = 'same' | 'valid' | 'causal' | PerAxis;

/** Options of everything that moves a window over an image. */
export interface WindowOptions {
  readonly kernel: PerAxis;
  readonly stride?: PerAxis;
  readonly padding?: Padding;
  readonly dilation?: PerAxis;
}

/** A window with one number for each spatial axis. */
export interface WindowGeometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const each = (value: PerAxis, rank: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(rank).fill(value) : value;

/** Fills in a window's options for a number of spatial axes. */
export function geometryOf(
  { kernel: size, stride = 1, padding = 'same', dilation = 1 }: WindowOptions,
  rank: number,
): WindowGeometry {
  const [kernel, strides, dilations] = [each(size, rank), each(stride, rank), each(dilation, rank)];
  const spans = kernel.map((taps, axis) => (taps - 1) * dilations[axis]!);
  const zeros = new Array<number>(rank).fill(0);
  if (padding === 'valid') return { kernel, strides, dilations, before: zeros, after: zeros };
  if (padding === 'causal') return { kernel, strides, dilations, before: spans, after: zeros };
  const before = padding === 'same' ? spans.map((span) => Math.floor(span / 2)) : each(padding, rank);
  const after = padding === 'same' ? spans.map((span, axis) => span - before[axis]!) : before;
  return { kernel, strides, dilations, before, after };
}

/** Sizes of the output. @throws {LayerProblem} where the window does not fit into the image. */
export function outputSizes(sizes: readonly number[], geometry: WindowGeometry): number[] {
  const { kernel, strides, dilations, before, after } = geometry;
  return sizes.map((size, axis) => {
    const extent = (kernel[axis]! - 1) * dilations[axis]! + 1;
    const room = size + before[axis]! + after[axis]! - extent;
    if (room < 0) {
      throw new LayerProblem(
        `expected at least ${extent - before[axis]! - after[axis]!} values along axis ${axis} for a kernel that spans ${extent}, got ${size}`,
      );
    }
    return Math.floor(room / strides[axis]!) + 1;
  });
}

/** Spatial sizes and channels of an image. @throws {LayerProblem} unless it is float32 of this many spatial axes. */
export function expectImage(
  input: Signature,
  rank: number,
): { readonly sizes: readonly number[]; readonly channels: number } {
  const names = rank === 1 ? '[length, channels]' : '[height, width, channels]';
  if (input.dtype !== 'float32' || input.shape.length !== rank + 1) {
    throw new LayerProblem(`expected float32 ${names}, got ${printSignature(input)}`);
  }
  return { sizes: input.shape.slice(0, -1), channels: input.shape.at(-1)! };
}

/** A positive integer, or one for each of `rank` axes. */
export function perAxis(rank: number): OptionCheck {
  return (value) => {
    const isRight =
      positiveInteger(value) === undefined ||
      (rank > 1 &&
        Array.isArray(value) &&
        value.length === rank &&
        value.every((part) => positiveInteger(part) === undefined));
    if (isRight) return undefined;
    return rank === 1 ? 'an integer above 0' : `an integer above 0, or ${rank} of them`;
  };
}

/** Likewise, or left out. */
export function optionalPerAxis(rank: number): OptionCheck {
  return (value) => (value === undefined ? undefined : perAxis(rank)(value));
}

/** A padding, or none given. */
export function optionalPadding(rank: number): OptionCheck {
  const names = rank === 1 ? ['same', 'valid', 'causal'] : ['same', 'valid'];
  const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  return (value) => {
    if (value === undefined || names.includes(value as string) || isCount(value)) return undefined;
    if (rank > 1 && Array.isArray(value) && value.length === rank && value.every(isCount)) return undefined;
    return `${names.join(', ')}, or a number of zeros`;
  };
}
