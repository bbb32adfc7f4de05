import { TrainerError } from '../core/errors.ts';
import { dataTypes, type OnnxTensor } from './model.ts';
import { modelFault } from './model-fault.ts';

/** Bytes of one element in `raw_data`; strings have none. */
const elementBytes: Readonly<Record<number, number>> = {
  [dataTypes.float]: 4,
  [dataTypes.uint8]: 1,
  [dataTypes.int8]: 1,
  [dataTypes.uint16]: 2,
  [dataTypes.int16]: 2,
  [dataTypes.int32]: 4,
  [dataTypes.int64]: 8,
  [dataTypes.string]: 0,
  [dataTypes.bool]: 1,
  [dataTypes.float16]: 2,
  [dataTypes.double]: 8,
  [dataTypes.uint32]: 4,
  [dataTypes.uint64]: 8,
};

/** Whether an element type is one that this library lets through. */
export function isKnownDataType(dataType: number): boolean {
  return elementBytes[dataType] !== undefined;
}

/** The product of dimensions, or undefined where it exceeds `limit` or the rank exceeds 16. */
export function boundedSize(dims: readonly number[], limit: number): number | undefined {
  if (dims.length > 16) return undefined;
  if (dims.includes(0)) return 0;
  let size = 1;
  for (const dimension of dims) {
    size *= dimension;
    if (size > limit) return undefined;
  }
  return size;
}

/** Which list of the file holds the elements of a type that are not raw. */
function listOf(tensor: OnnxTensor): ArrayLike<unknown> | undefined {
  const { float, double, int64, uint32, uint64, string } = dataTypes;
  if (tensor.dataType === float) return tensor.floats;
  if (tensor.dataType === double) return tensor.doubles;
  if (tensor.dataType === int64) return tensor.int64s;
  if (tensor.dataType === uint32 || tensor.dataType === uint64) return tensor.uint64s;
  return tensor.dataType === string ? tensor.strings : tensor.int32s;
}

/**
 * Holds a tensor's type, dimensions and data against each other; data must be in the file.
 *
 * @throws {TrainerError} MODEL_INVALID or MODEL_UNSUPPORTED naming `where`.
 */
export function checkTensor(tensor: OnnxTensor, where: string, elements: number): void {
  if (tensor.isExternal) {
    throw new TrainerError(
      'MODEL_INVALID',
      `${where} keeps its data in another file. Models must be one file: save it with its data inside.`,
    );
  }
  if (tensor.isSegment) throw modelFault('MODEL_INVALID', `${where} is a segment of a larger tensor.`);
  const width = elementBytes[tensor.dataType];
  if (width === undefined) {
    throw modelFault('MODEL_UNSUPPORTED', `${where} has the element type ${tensor.dataType}, which is not supported.`);
  }
  const size = boundedSize(tensor.dims, elements);
  if (size === undefined) {
    throw modelFault(
      'MODEL_INVALID',
      `${where} claims the shape [${tensor.dims.slice(0, 16)}]; at most 16 dimensions and ${elements} elements are accepted.`,
    );
  }
  const lists = [
    tensor.raw,
    tensor.floats,
    tensor.doubles,
    tensor.int32s,
    tensor.int64s,
    tensor.uint64s,
    tensor.strings,
  ];
  const filled = lists.filter((list) => list !== undefined && list.length > 0).length;
  const got =
    tensor.raw !== undefined && tensor.raw.length > 0 && width > 0
      ? tensor.raw.length / width
      : (listOf(tensor)?.length ?? 0);
  if (filled > 1 || got !== size) {
    throw modelFault('MODEL_INVALID', `Expected ${size} elements in ${where}, got ${filled > 1 ? 'two lists' : got}.`);
  }
}
