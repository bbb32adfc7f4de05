import { TrainerError } from '../../core/errors.ts';
import { dataTypes, type OnnxTensor } from '../../onnx/model.ts';
import type { Tensor } from '../backend.ts';
import type { Tf, TfTensor } from './kernel.ts';

/** Numbers that this side of the device holds. */
export interface HostValue {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** Integers of 64 bits as those of 32, which is what the device has. @throws {TrainerError} REQUEST_INVALID */
function narrowed(data: BigInt64Array): Int32Array {
  const narrow = Int32Array.from(data, Number);
  // Number() of what does not fit is not what came.
  const at = data.findIndex((value, i) => BigInt(narrow[i]!) !== value);
  if (at >= 0) {
    throw new TrainerError(
      'REQUEST_INVALID',
      'The tfjs backend has integers of 32 bits, and one does not fit into them. Give smaller ones, or use the onnx backend.',
    );
  }
  return narrow;
}

/** A tensor of the border. Float32 and int32 are shared, not copied. */
export function fromBorder({ dtype, data, shape }: Tensor): HostValue {
  if (dtype === 'float32') return { dtype, data, shape };
  if (dtype === 'int32') return { dtype, data, shape };
  if (dtype === 'int64') return { dtype: 'int32', data: narrowed(data), shape };
  if (dtype === 'bool') return { dtype, data, shape };
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    `The tfjs backend takes float32, int64, int32 and bool, got ${dtype}. Use the onnx backend for others.`,
  );
}

/** A constant of a graph. */
export function fromInitializer({ dataType, dims: shape, raw, floats, int32s, int64s }: OnnxTensor): HostValue {
  // A copy, because bytes in a file lie at any address.
  const bytes = raw?.slice().buffer;
  if (dataType === dataTypes.float) {
    return {
      dtype: 'float32',
      shape,
      data: bytes === undefined ? (floats ?? new Float32Array(0)) : new Float32Array(bytes),
    };
  }
  if (dataType === dataTypes.int64) {
    const data = bytes === undefined ? BigInt64Array.from(int64s ?? []) : new BigInt64Array(bytes);
    // Ends of slices may be the largest of 64 bits.
    const most = 2147483647n;
    return {
      dtype: 'int32',
      shape,
      data: narrowed(data.map((value) => (value > most ? most : value < -most ? -most : value))),
    };
  }
  if (dataType === dataTypes.int32) {
    return { dtype: 'int32', shape, data: bytes === undefined ? Int32Array.from(int32s ?? []) : new Int32Array(bytes) };
  }
  if (dataType === dataTypes.bool) {
    return { dtype: 'bool', shape, data: bytes === undefined ? Uint8Array.from(int32s ?? []) : new Uint8Array(bytes) };
  }
  throw new TrainerError(
    'MODEL_UNSUPPORTED',
    `The tfjs backend has no constants of the ONNX type ${dataType}. Use the onnx backend.`,
  );
}

/** The values on the device. */
export function upload(tf: Tf, { dtype, data, shape }: HostValue): TfTensor {
  return tf.tensor(data, shape.slice(), dtype);
}
