import { TrainerError } from '../../../core/errors.ts';
import type { Attributes, Value, ValueSignature } from './value.ts';

/** What operators build their gradients with; `Graph` is the only implementation. */
export interface GraphOperations {
  /** Adds a node, or finds an equal one; returns its first output. */
  apply(operator: string, inputs: readonly Value[], attributes?: Attributes): Value;
  /** Adds a node, or finds an equal one; returns all its outputs. */
  applyAll(operator: string, inputs: readonly Value[], attributes?: Attributes): readonly Value[];
  /** A number as a constant of the type of another value. */
  scalar(value: number, like: Value): Value;
  /** A constant of ones or any other number, of the type of another value. */
  full(shape: readonly number[], value: number, like: Value): Value;
  /** A list of integers as an int64 constant: axes, shapes. */
  ints(values: readonly number[]): Value;
  /** A constant of the floating type of another value. */
  floats(shape: readonly number[], values: ArrayLike<number>, like: Value): Value;
  /** A list of row numbers as an int32 constant, made once for all who name it so. */
  rowNumbers(key: string, make: () => Int32Array): Value;
  /** The identity matrix, made once for each size. */
  identity(size: number): Value;
}

/** What an operator's gradient is worked out from. */
export interface GradientContext {
  readonly graph: GraphOperations;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The gradient of the first output. */
  readonly gradient: Value;
  /** The gradients of all outputs; undefined where nothing depends on one. */
  readonly gradients: readonly (Value | undefined)[];
}

/** What an operator that is made of others is built from. */
export type BuildContext = Pick<GradientContext, 'graph' | 'inputs' | 'attributes'>;

/** An operator: what it makes of its inputs, and how a gradient goes back through it. */
export interface Operator {
  readonly name: string;
  /** @default '' (the ONNX domain) */
  readonly domain?: 'com.microsoft' | 'com.microsoft.nchwc';
  /** ONNX's name, where another domain has the same. @default the name */
  readonly type?: string;
  /** Whether outputs behind the first are left out of a model that has no use for them. @default false */
  readonly hasOptionalOutputs?: true;
  /**
   * Types and shapes of the outputs; left out where `build` makes them.
   *
   * @throws {TrainerError} MODEL_INVALID where the inputs do not fit.
   */
  infer?(inputs: readonly Value[], attributes: Attributes): readonly ValueSignature[];
  /**
   * Builds the outputs out of other operators: a model holds those, and the gradient is still this operator's. Outputs
   * behind the first may be there for the gradient alone.
   */
  build?(context: BuildContext): readonly Value[];
  /**
   * The gradient of one input, asked for where something needs it. It may have the shape before broadcasting: the
   * engine sums it to the input's. Left out, or undefined: no gradient goes back (indices, comparisons).
   */
  gradient?(context: GradientContext, index: number): Value | undefined;
}

/** Declares an operator. */
export function defineOperator(operator: Operator): Operator {
  return operator;
}

/** An operator that works on each value alone. `gradient` is what the output's gradient becomes. */
export function elementwise(
  name: string,
  gradient: (context: GradientContext & { readonly x: Value; readonly y: Value }) => Value | undefined,
): Operator {
  return defineOperator({
    name,
    infer: ([x]) => [{ type: x!.type, shape: x!.shape }],
    gradient: (context) => gradient({ ...context, x: context.inputs[0]!, y: context.outputs[0]! }),
  });
}

/** A model, or a use of an operator, that does not fit. */
export function unfit(operator: string, message: string): TrainerError {
  return new TrainerError('MODEL_INVALID', `${operator}: ${message}.`);
}

/** An integer attribute. */
export function intOf(attributes: Attributes, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute !== undefined && 'int' in attribute ? Number(attribute.int) : otherwise;
}

/** A float attribute. */
export function floatOf(attributes: Attributes, name: string, otherwise: number): number {
  const attribute = attributes[name];
  return attribute !== undefined && 'float' in attribute ? attribute.float : otherwise;
}

/** A list of integers as an attribute. */
export function intsOf(attributes: Attributes, name: string): readonly number[] | undefined {
  const attribute = attributes[name];
  return attribute !== undefined && 'ints' in attribute ? Array.from(attribute.ints, Number) : undefined;
}

/** The integers of a constant input. @throws {TrainerError} MODEL_INVALID where it is no constant. */
export function integersOf(operator: string, value: Value): readonly number[] {
  const { constant } = value;
  if (constant === undefined || constant.type === 'string') {
    throw unfit(operator, 'expected axes and shapes to be constants');
  }
  return Array.from(constant.data, Number);
}
