import type * as Tfjs from '@tensorflow/tfjs';
import { TrainerError } from '../../core/errors.ts';
import type { OnnxNode } from '../../onnx/model.ts';

/** TensorFlow.js, as the host has loaded it. */
export type Tf = typeof Tfjs;

/** A tensor of TensorFlow.js. */
export type TfTensor = Tfjs.Tensor;

/** What an operator is computed from. */
export interface KernelCall {
  readonly tf: Tf;
  readonly node: OnnxNode;
  /** An input on the device. Integers of 64 bits are int32 there. */
  input(index: number): TfTensor;
  has(index: number): boolean;
  /** The numbers of an input that are read while computing: shapes, axes. */
  numbers(index: number): readonly number[];
  int(name: string, otherwise: number): number;
  float(name: string, otherwise: number): number;
  ints(name: string): readonly number[] | undefined;
  text(name: string, otherwise: string): string;
  /** A tensor that is the same for every call of this node with inputs of these shapes; made once. */
  constant(key: string, make: () => TfTensor): TfTensor;
}

/** One operator of ONNX on core operations of TensorFlow.js. */
export interface Kernel {
  /** Kernels of TensorFlow.js that not every one of its backends has. @default none */
  readonly needs?: readonly string[];
  run(call: KernelCall): TfTensor | readonly TfTensor[];
}

/** Operators by name. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** An axis counted from the front. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** @throws {TrainerError} MODEL_UNSUPPORTED */
export function unsupported({ node }: KernelCall, what: string): never {
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    `The tfjs backend does not have ${node.operator} with ${what}. Use the onnx backend.`,
  );
}
