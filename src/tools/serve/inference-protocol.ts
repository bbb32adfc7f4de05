import type { Tensor, TensorInfo, Tensors } from '../../backends/backend.ts';
import type { TensorProblem } from './problems.ts';

/** Names of element types in the Open Inference Protocol, version 2. */
const datatypes = {
  float32: 'FP32',
  float64: 'FP64',
  int64: 'INT64',
  int32: 'INT32',
  uint8: 'UINT8',
  bool: 'BOOL',
  string: 'BYTES',
} as const;

/** A tensor as the protocol describes it: −1 stands for any size. */
export const describeTensor = ({ name, dtype, shape }: TensorInfo): Readonly<Record<string, unknown>> => ({
  name,
  datatype: datatypes[dtype],
  shape,
});

/** A request of the protocol that fits the model, or what is wrong with it. */
export type InferRequest =
  | {
      readonly id: string | undefined;
      readonly tensors: Tensors;
      readonly rows: number;
      /** Names of the outputs that were asked for. */
      readonly outputs: readonly string[] | undefined;
    }
  | { readonly problems: readonly TensorProblem[] };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads the body of `POST …/infer`. The first dimension of every tensor is the row; all have the same number of rows. */
export function readInferRequest(
  body: unknown,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  limits: { readonly records: number; readonly textLength: number },
): InferRequest {
  const wrong = (tensor: string, problem: string): InferRequest => ({ problems: [{ tensor, problem }] });
  if (!isObject(body) || !Array.isArray(body.inputs)) return wrong('inputs', 'expected an array of tensors');
  const { id } = body;
  if (id !== undefined && (typeof id !== 'string' || id.length > 256))
    return wrong('id', 'expected a text of at most 256 characters');
  const given = new Map<string, Record<string, unknown>>();
  for (const tensor of body.inputs as unknown[]) {
    if (!isObject(tensor) || typeof tensor.name !== 'string') return wrong('inputs', 'expected tensors with a name');
    if (!inputs.some(({ name }) => name === tensor.name))
      return wrong(
        'inputs',
        `a tensor is not an input of the model, which takes ${inputs.map(({ name }) => name).join(', ')}`,
      );
    if (given.has(tensor.name)) return wrong(tensor.name, 'is there twice');
    given.set(tensor.name, tensor);
  }
  const tensors: Record<string, Tensor> = {};
  let rows: number | undefined;
  for (const info of inputs) {
    const tensor = given.get(info.name);
    if (tensor === undefined) return wrong(info.name, 'is missing');
    if (tensor.datatype !== datatypes[info.dtype])
      return wrong(info.name, `expected the datatype ${datatypes[info.dtype]}`);
    const read = readTensor(tensor, info, limits);
    if (typeof read === 'string') return wrong(info.name, read);
    rows ??= read.shape[0]!;
    if (read.shape[0] !== rows) return wrong(info.name, 'has another number of rows than the tensors before it');
    tensors[info.name] = read;
  }
  const wanted = body.outputs;
  if (wanted !== undefined) {
    const names = Array.isArray(wanted)
      ? wanted.map((output) => (isObject(output) ? output.name : undefined))
      : [undefined];
    if (!names.every((name) => outputs.some((info) => info.name === name)))
      return wrong('outputs', `expected names of outputs, which are ${outputs.map(({ name }) => name).join(', ')}`);
    return { id, tensors, rows: rows ?? 0, outputs: names as readonly string[] };
  }
  return { id, tensors, rows: rows ?? 0, outputs: undefined };
}

function readTensor(
  given: Record<string, unknown>,
  info: TensorInfo,
  limits: { readonly records: number; readonly textLength: number },
): Tensor | string {
  const { shape, data } = given;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
    return 'expected a shape of whole numbers';
  const dims = shape as number[];
  const fits =
    dims.length === info.shape.length &&
    dims.every((size, axis) => info.shape[axis] === -1 || info.shape[axis] === size);
  if (!fits) return `expected the shape [${info.shape.join(', ')}], where -1 is any number of rows`;
  if (dims[0]! > limits.records) return `has more rows than the limit of ${limits.records}`;
  if (dims[0] === 0) return 'has no rows';
  if (!Array.isArray(data)) return 'expected data as an array; binary data are not taken';
  const flat = (data as unknown[]).flat(dims.length) as unknown[];
  const size = dims.reduce((product, dimension) => product * dimension, 1);
  if (flat.length !== size) return `expected ${size} elements, got ${flat.length}`;
  return fill(info.dtype, flat, dims, limits.textLength);
}

function fill(
  dtype: Tensor['dtype'],
  flat: readonly unknown[],
  shape: readonly number[],
  textLength: number,
): Tensor | string {
  switch (dtype) {
    case 'string': {
      if (!flat.every((item) => typeof item === 'string' && item.length <= textLength))
        return `expected texts of at most ${textLength} characters`;
      // ONNX's texts are UTF-8, which has no halves of surrogate pairs.
      return { dtype, data: flat.map((item) => Buffer.from(item as string).toString()), shape };
    }
    case 'float32':
    case 'float64': {
      if (!flat.every((item) => item === null || typeof item === 'number'))
        return 'expected numbers, or null where a value is missing';
      const values = flat.map((item) => (item === null ? Number.NaN : (item as number)));
      return dtype === 'float32'
        ? { dtype, data: Float32Array.from(values), shape }
        : { dtype, data: Float64Array.from(values), shape };
    }
    case 'int64': {
      const values = new BigInt64Array(flat.length);
      for (const [i, item] of flat.entries()) {
        if (typeof item === 'number' && Number.isSafeInteger(item)) values[i] = BigInt(item);
        else if (
          typeof item === 'string' &&
          /^-?\d{1,19}$/.test(item) &&
          BigInt.asIntN(64, BigInt(item)) === BigInt(item)
        )
          values[i] = BigInt(item);
        else return 'expected whole numbers up to 2^53; larger ones, which JSON numbers do not hold, as texts';
      }
      return { dtype, data: values, shape };
    }
    case 'int32':
      if (!flat.every((item) => typeof item === 'number' && (item | 0) === item))
        return 'expected whole numbers of 32 bits';
      return { dtype, data: Int32Array.from(flat as number[]), shape };
    case 'uint8':
      if (!flat.every((item) => typeof item === 'number' && (item & 255) === item))
        return 'expected whole numbers from 0 to 255';
      return { dtype, data: Uint8Array.from(flat as number[]), shape };
    case 'bool':
      if (!flat.every((item) => typeof item === 'boolean')) return 'expected true and false';
      return { dtype, data: Uint8Array.from(flat, (item) => (item === true ? 1 : 0)), shape };
  }
}

/** The body of an answer of `POST …/infer`. */
export function writeInferAnswer(
  outputs: Tensors,
  about: {
    readonly model: string;
    readonly version: string;
    readonly id: string | undefined;
    readonly names: readonly string[] | undefined;
  },
): string {
  const names = about.names ?? Object.keys(outputs);
  return JSON.stringify({
    model_name: about.model,
    model_version: about.version,
    ...(about.id === undefined ? {} : { id: about.id }),
    outputs: names.map((name) => {
      const { dtype, shape, data } = outputs[name]!;
      return { name, datatype: datatypes[dtype], shape, data: plain(dtype, data) };
    }),
  });
}

function plain(dtype: Tensor['dtype'], data: Tensor['data']): readonly unknown[] {
  if (dtype === 'bool') return Array.from(data as Uint8Array, (item) => item === 1);
  if (dtype !== 'int64') return Array.from(data as ArrayLike<unknown>);
  return Array.from(data as BigInt64Array, (item) => {
    const number = Number(item);
    return Number.isSafeInteger(number) ? number : String(item);
  });
}
