import type { AttributeValue, Constant } from './graph-builder.ts';
import { dataTypes, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './model.ts';

const utf8 = new TextDecoder();

/** Bytes from the start of a buffer of their own where a view would not be aligned. */
function aligned(raw: Uint8Array, width: number): Uint8Array {
  // Not `slice`, which is a view where the bytes are a Buffer.
  return raw.byteOffset % width === 0 ? raw : new Uint8Array(raw);
}

function rawOf<T>(raw: Uint8Array, width: number, view: new (buffer: ArrayBuffer, at: number, length: number) => T): T {
  const bytes = aligned(raw, width);
  return new view(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / width);
}

/**
 * A tensor of a file as a constant, its data viewed where they can be. Undefined for element types that graphs of ours do not have
 * (16 bits and less but bytes, unsigned integers).
 */
export function constantOf(tensor: OnnxTensor): Constant | undefined {
  const { dims: shape, dataType, raw } = tensor;
  const isRaw = raw !== undefined && raw.length > 0;
  switch (dataType) {
    case dataTypes.float:
      return {
        type: 'float',
        shape,
        data: isRaw ? rawOf(raw, 4, Float32Array) : (tensor.floats ?? new Float32Array()),
      };
    case dataTypes.double:
      return {
        type: 'double',
        shape,
        data: isRaw ? rawOf(raw, 8, Float64Array) : (tensor.doubles ?? new Float64Array()),
      };
    case dataTypes.int64:
      return {
        type: 'int64',
        shape,
        data: isRaw ? rawOf(raw, 8, BigInt64Array) : BigInt64Array.from(tensor.int64s ?? []),
      };
    case dataTypes.int32:
      return { type: 'int32', shape, data: isRaw ? rawOf(raw, 4, Int32Array) : Int32Array.from(tensor.int32s ?? []) };
    case dataTypes.uint8:
    case dataTypes.bool: {
      const type = dataType === dataTypes.bool ? 'bool' : 'uint8';
      return { type, shape, data: isRaw ? raw : Uint8Array.from(tensor.int32s ?? []) };
    }
    case dataTypes.string:
      return { type: 'string', shape, data: (tensor.strings ?? []).map((bytes) => utf8.decode(bytes)) };
    default:
      return undefined;
  }
}

/** An attribute of a file as a value; undefined for graphs and lists of tensors. */
export function attributeValueOf(attribute: OnnxAttribute): AttributeValue | undefined {
  const { int, float, string, tensor, ints, floats, strings } = attribute;
  if (int !== undefined) return { int };
  if (float !== undefined) return { float };
  if (string !== undefined) return { string: utf8.decode(string) };
  if (tensor !== undefined) {
    const constant = constantOf(tensor);
    return constant === undefined ? undefined : { tensor: constant };
  }
  if (strings !== undefined) return { strings: strings.map((bytes) => utf8.decode(bytes)) };
  if (floats !== undefined) return { floats };
  if (ints !== undefined) return { ints };
  // A list without members is in the file by its kind alone.
  if (attribute.type === 7) return { ints: [] };
  return attribute.type === 6 ? { floats: [] } : undefined;
}

/** The attributes of a node as values by name, those that have no such form left out. */
export function attributesOf(node: OnnxNode): Readonly<Record<string, AttributeValue>> {
  const entries = node.attributes.flatMap((attribute) => {
    const value = attributeValueOf(attribute);
    return value === undefined ? [] : [[attribute.name, value] as const];
  });
  return Object.fromEntries(entries);
}
