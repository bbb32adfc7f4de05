/** What flows between layers: element type and shape of one sample (without the batch). */
export interface Signature {
  readonly dtype: 'float32' | 'int64';
  readonly shape: readonly number[];
}

/** How the values of a parameter are drawn before the first step. */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [−limit, limit). */
  | { readonly kind: 'uniform'; readonly limit: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  /** As they are in a file that was imported. */
  | { readonly kind: 'values'; readonly values: Float32Array };

/** One tensor that a layer holds. */
export interface ParameterSpec {
  /** Unique within the layer: `weight`, `bias`, … */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
  /** Whether gradients change it; running statistics are held and updated, not trained. */
  readonly isTrained: boolean;
  /** Whether weight decay applies: to matrices, not to biases and scales. */
  readonly isDecayed: boolean;
}

/** What a layer makes of its inputs. */
export interface LayerFacts {
  readonly output: Signature;
  readonly parameters: readonly ParameterSpec[];
  /** Floating-point operations of the forward pass of one sample; a multiply-add counts two. */
  readonly flops: number;
}

/** What every layer may say, whatever its kind. */
export interface LayerPlace {
  /** A name of its own, for `from`, errors and parameters. @default the kind and a number */
  readonly name?: string;
  /** Names of network inputs or earlier layers that it takes. @default the layer before, or the only input */
  readonly from?: string | readonly string[];
}

/** A check of one option: what was expected where the value does not fit, else nothing. */
export type OptionCheck = (value: unknown) => string | undefined;

/**
 * What the integers of an input may be: below each of these limits (repeated along the last axis), or a mask of ones and
 * zeros with a one in each row.
 */
export type IntegerRule = readonly number[] | 'mask';

/** Everything that the network knows of one kind of layer. */
export interface LayerDefinition<L> {
  /** The fewest and the most inputs. */
  readonly arity: readonly [number, number];
  /** Options beyond `kind`, `name` and `from`, each with its check. */
  readonly options: Readonly<Record<string, OptionCheck>>;
  /** @throws {LayerProblem} where the inputs do not fit. */
  infer(layer: L, inputs: readonly Signature[]): LayerFacts;
  /** What the integers of each input may be; undefined where an input has none. @default no input of integers */
  integers?(layer: L, inputs: readonly Signature[]): readonly (IntegerRule | undefined)[];
}

/** Inputs that do not fit a layer; the network adds the layer's name. */
export class LayerProblem extends Error {}

/** `float32 [20]`, as errors and tables print it. */
export function printSignature({ dtype, shape }: Signature): string {
  return `${dtype} [${shape.join(', ')}]`;
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** An integer of at least one. */
export const positiveInteger: OptionCheck = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'an integer above 0';

/** True or false, or left out. */
export const optionalBoolean: OptionCheck = (value) =>
  value === undefined || typeof value === 'boolean' ? undefined : 'true or false';

/** A number between two bounds, the upper one excluded, or left out. */
export function optionalNumber(from: number, below: number): OptionCheck {
  return (value) =>
    value === undefined || (typeof value === 'number' && value >= from && value < below)
      ? undefined
      : `a number from ${from} and below ${below}`;
}

/** @throws {LayerProblem} unless an input is float32. */
export function expectFloats(input: Signature): void {
  if (input.dtype !== 'float32') throw new LayerProblem(`expected float32, got ${printSignature(input)}`);
}

/** The last axis of an input. @throws {LayerProblem} unless the input is float32 with at least one axis. */
export function expectFeatures(input: Signature): number {
  expectFloats(input);
  const width = input.shape.at(-1);
  if (width === undefined) throw new LayerProblem(`expected at least one axis, got ${printSignature(input)}`);
  return width;
}
