import { TrainerError } from '../core/errors.ts';
import type { AttributeValue, Constant } from './graph-builder.ts';
import { attributeTypes, dataTypes, type OnnxAttribute, type OnnxTensor } from './model.ts';

/** Versions that graphs of ours are written in: the newest that onnxruntime 1.28 and Python's peers of it all run. */
export const writtenVersions = { ir: 10, domains: { '': 21, 'ai.onnx.ml': 5, 'com.microsoft': 1 } } as const;

const utf8 = new TextEncoder();

/** A graph that this library builds wrongly. */
export function broken(message: string): TrainerError {
  return new TrainerError('INTERNAL', message);
}

/** An integer that ONNX has. */
export function checkInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number' ? !Number.isSafeInteger(value) : BigInt.asIntN(64, value) !== value) {
    throw broken(`Expected an integer of 64 bits (safe, or a bigint) for the graph, got ${value}.`);
  }
  return value;
}

/** A constant as a tensor of the file: strings as a list of UTF-8, everything else as raw little-endian bytes. */
export function tensorOf(constant: Constant, name: string): OnnxTensor {
  const size = constant.shape.reduce((product, dimension) => product * dimension, 1);
  if (constant.data.length !== size) {
    throw broken(`Expected ${size} elements for a constant of shape [${constant.shape}], got ${constant.data.length}.`);
  }
  const base = {
    name,
    dims: constant.shape,
    dataType: dataTypes[constant.type],
    isExternal: false,
    isSegment: false,
  };
  if (constant.type === 'string') return { ...base, strings: constant.data.map((value) => utf8.encode(value)) };
  const { buffer, byteOffset, byteLength } = constant.data;
  return { ...base, raw: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) };
}

/** An attribute as the file holds it. */
export function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  const base = { name, hasTypes: false };
  if ('int' in value) return { ...base, type: attributeTypes.int, int: BigInt(checkInteger(value.int)) };
  if ('float' in value) return { ...base, type: attributeTypes.float, float: value.float };
  if ('string' in value) return { ...base, type: attributeTypes.string, string: utf8.encode(value.string) };
  if ('tensor' in value) return { ...base, type: attributeTypes.tensor, tensor: tensorOf(value.tensor, '') };
  if ('ints' in value) return { ...base, type: attributeTypes.ints, ints: Array.from(value.ints, checkInteger) };
  if ('floats' in value) return { ...base, type: attributeTypes.floats, floats: Float32Array.from(value.floats) };
  return { ...base, type: attributeTypes.strings, strings: value.strings.map((item) => utf8.encode(item)) };
}
