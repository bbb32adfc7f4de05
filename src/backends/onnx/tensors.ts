import type { InferenceSession, OnnxValue, Tensor as OrtTensor } from 'onnxruntime-node';
import { TrainerError } from '../../core/errors.ts';
import type { Tensor, TensorInfo, Tensors } from '../backend.ts';
import type { Runtime } from './runtime.ts';

const dtypes = new Set<string>(['float32', 'float64', 'int64', 'int32', 'uint8', 'bool', 'string']);

/** In WebAssembly a size that the model leaves open is −1 without its sign. */
const unknownSize = 0x80000000;

/** Whether ONNX Runtime's name of an element type is one that crosses the border. */
export function isDtype(name: string): name is Tensor['dtype'] {
  return dtypes.has(name);
}

/** The names, types and shapes that a session declares. */
export function tensorInfos(metadata: readonly InferenceSession.ValueMetadata[]): TensorInfo[] {
  return metadata.map((value) => {
    if (!value.isTensor || !isDtype(value.type)) {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `Expected the value "${value.name}" to be a tensor of ${[...dtypes].join(', ')}, got ` +
          `${value.isTensor ? value.type : 'no tensor'}. Export the model with one of these types.`,
      );
    }
    const shape = value.shape.map((dimension) =>
      typeof dimension === 'number' && dimension < unknownSize ? dimension : -1,
    );
    return { name: value.name, dtype: value.type, shape };
  });
}

function describe(shape: readonly number[]): string {
  return `[${shape.map((dimension) => (dimension === -1 ? 'any' : dimension)).join(', ')}]`;
}

/**
 * Holds tensors against what a model declares.
 *
 * @throws {TrainerError} REQUEST_INVALID naming the tensor, what was expected and what came.
 */
export function checkTensors(declared: readonly TensorInfo[], given: Tensors): void {
  for (const name of Object.keys(given)) {
    if (!declared.some((info) => info.name === name)) {
      const names = declared.map((info) => `"${info.name}"`).join(', ');
      throw new TrainerError('REQUEST_INVALID', `The model has no input "${name}"; it takes ${names}.`);
    }
  }
  for (const info of declared) {
    const tensor = Object.hasOwn(given, info.name) ? given[info.name] : undefined;
    if (tensor === undefined) {
      throw new TrainerError('REQUEST_INVALID', `Expected a tensor for the model's input "${info.name}", got none.`);
    }
    const size = tensor.shape.reduce((product, dimension) => product * dimension, 1);
    const fits =
      tensor.dtype === info.dtype &&
      tensor.shape.length === info.shape.length &&
      tensor.shape.every((dimension, axis) => info.shape[axis] === -1 || info.shape[axis] === dimension);
    if (!fits || size !== tensor.data.length) {
      throw new TrainerError(
        'REQUEST_INVALID',
        `Expected ${info.dtype} ${describe(info.shape)} for the model's input "${info.name}", got ` +
          `${tensor.dtype} ${describe(tensor.shape)} with ${tensor.data.length} elements.`,
      );
    }
  }
}

/** Plain tensors as ONNX Runtime's. Numeric data are shared, not copied. */
export function toRuntime(runtime: Runtime, tensors: Tensors): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    feeds[name] = new runtime.Tensor(tensor.dtype as 'float32', tensor.data as Float32Array, tensor.shape);
  }
  return feeds;
}

/** ONNX Runtime's tensors as plain ones. */
export function fromRuntime(values: Readonly<Record<string, OnnxValue>>): Tensors {
  const tensors: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(values)) {
    const tensor = value as OrtTensor;
    if (!isDtype(tensor.type)) {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `The model's output "${name}" has the type ${tensor.type}, which can not be read. Export the model with another.`,
      );
    }
    tensors[name] = { dtype: tensor.type, data: tensor.data, shape: [...tensor.dims] } as unknown as Tensor;
  }
  return tensors;
}
