import { PbfWriter } from 'pbf';
import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './model.ts';

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function text(writer: PbfWriter, field: number, value: string): void {
  writer.writeStringField(field, value);
}

function optionalText(writer: PbfWriter, field: number, value: string): void {
  if (value !== '') text(writer, field, value);
}

/** A varint of 64 bits in two's complement; the writer's own takes numbers up to 2^53 alone. */
function writeInt64(writer: PbfWriter, value: number | bigint): void {
  if (typeof value === 'number') {
    writer.writeVarint(value);
    return;
  }
  let rest = BigInt.asUintN(64, value);
  writer.realloc(10);
  while (rest > 0x7fn) {
    writer.buf[writer.pos++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  writer.buf[writer.pos++] = Number(rest);
}

function writeInt64s(values: readonly (number | bigint)[], writer: PbfWriter): void {
  for (const value of values) writeInt64(writer, value);
}

function packedInt64s(writer: PbfWriter, field: number, values: readonly (number | bigint)[]): void {
  if (values.length > 0) writer.writeMessage(field, writeInt64s, values);
}

/** Bytes by which a message moves when the writer learns its length, for which it leaves one byte. */
function movedBy(length: number): number {
  let more = 0;
  for (let rest = length; rest >= 128; rest /= 128) more++;
  return more;
}

/**
 * Fills up, by a documentation string of spaces, until the data that are written next begin at a multiple of `width` in the file. Fields may come in any order.
 *
 * @param start where the tensor's message begins
 * @param shift by how much the messages around it will move
 */
function padTo(width: number, length: number, start: number, shift: number, writer: PbfWriter): void {
  const head = 2 + movedBy(length);
  // A string takes two bytes at least.
  const padding = [0, ...Array.from({ length: width }, (_, i) => i + 2)].find((bytes) => {
    const at = writer.pos + bytes + head;
    return (at + movedBy(at + length - start) + shift) % width === 0;
  });
  if (padding !== undefined && padding > 0) text(writer, 12, ' '.repeat(padding - 2));
}

function writeTensor(tensor: OnnxTensor, writer: PbfWriter, shift?: number): void {
  const start = writer.pos;
  packedInt64s(writer, 1, tensor.dims);
  writer.writeVarintField(2, tensor.dataType);
  if (tensor.floats !== undefined && tensor.floats.length > 0) writer.writeBytesField(4, bytesOf(tensor.floats));
  if (tensor.int32s !== undefined) packedInt64s(writer, 5, tensor.int32s);
  for (const value of tensor.strings ?? []) writer.writeBytesField(6, value);
  if (tensor.int64s !== undefined) packedInt64s(writer, 7, tensor.int64s);
  optionalText(writer, 8, tensor.name);
  if (tensor.raw !== undefined) {
    if (shift !== undefined) padTo(4, tensor.raw.length, start, shift, writer);
    writer.writeBytesField(9, tensor.raw);
  }
  if (tensor.doubles !== undefined && tensor.doubles.length > 0) writer.writeBytesField(10, bytesOf(tensor.doubles));
  if (tensor.uint64s !== undefined) packedInt64s(writer, 11, tensor.uint64s);
}

function writeAttribute(attribute: OnnxAttribute, writer: PbfWriter): void {
  text(writer, 1, attribute.name);
  if (attribute.float !== undefined) writer.writeFloatField(2, attribute.float);
  if (attribute.int !== undefined) {
    writer.writeTag(3, 0);
    writeInt64(writer, attribute.int);
  }
  if (attribute.string !== undefined) writer.writeBytesField(4, attribute.string);
  if (attribute.tensor !== undefined) writer.writeMessage(5, writeTensor, attribute.tensor);
  if (attribute.graph !== undefined) writer.writeMessage(6, writeGraph, attribute.graph);
  if (attribute.floats !== undefined && attribute.floats.length > 0) {
    writer.writeBytesField(7, bytesOf(attribute.floats));
  }
  if (attribute.ints !== undefined) packedInt64s(writer, 8, attribute.ints);
  for (const value of attribute.strings ?? []) writer.writeBytesField(9, value);
  for (const tensor of attribute.tensors ?? []) writer.writeMessage(10, writeTensor, tensor);
  for (const graph of attribute.graphs ?? []) writer.writeMessage(11, writeGraph, graph);
  writer.writeVarintField(20, attribute.type);
}

function writeNode(node: OnnxNode, writer: PbfWriter): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  optionalText(writer, 3, node.name);
  text(writer, 4, node.operator);
  for (const attribute of node.attributes) writer.writeMessage(5, writeAttribute, attribute);
  optionalText(writer, 7, node.domain);
}

function writeDimension(dimension: number | string | null, writer: PbfWriter): void {
  if (typeof dimension === 'number') writer.writeVarintField(1, dimension);
  else if (dimension !== null) text(writer, 2, dimension);
}

function writeShape(shape: readonly (number | string | null)[], writer: PbfWriter): void {
  for (const dimension of shape) writer.writeMessage(1, writeDimension, dimension);
}

function writeTensorType(value: OnnxValue, writer: PbfWriter): void {
  writer.writeVarintField(1, value.dataType);
  if (value.shape !== undefined) writer.writeMessage(2, writeShape, value.shape);
}

function writeType(value: OnnxValue, writer: PbfWriter): void {
  writer.writeMessage(1, writeTensorType, value);
}

function writeValue(value: OnnxValue, writer: PbfWriter): void {
  text(writer, 1, value.name);
  if (value.kind === 'tensor') writer.writeMessage(2, writeType, value);
}

function writeGraph(graph: OnnxGraph, writer: PbfWriter, isAligned = false): void {
  for (const node of graph.nodes) writer.writeMessage(1, writeNode, node);
  optionalText(writer, 2, graph.name);
  const bytes = graph.initializers.reduce((sum, { raw }) => sum + (raw?.length ?? 0), writer.pos);
  const shift = isAligned ? movedBy(bytes) : undefined;
  for (const tensor of graph.initializers) {
    writer.writeMessage(5, (one: OnnxTensor) => writeTensor(one, writer, shift), tensor);
  }
  for (const value of graph.inputs) writer.writeMessage(11, writeValue, value);
  for (const value of graph.outputs) writer.writeMessage(12, writeValue, value);
  for (const value of graph.values) writer.writeMessage(13, writeValue, value);
}

function writeOpset(opset: { readonly domain: string; readonly version: number }, writer: PbfWriter): void {
  optionalText(writer, 1, opset.domain);
  writer.writeVarintField(2, opset.version);
}

function writePair([key, value]: readonly [string, string], writer: PbfWriter): void {
  text(writer, 1, key);
  text(writer, 2, value);
}

/** How a model is written. */
export interface EncodeOptions {
  /** Whether raw data of initializers are to begin at multiples of 4 bytes, so that they can be viewed where they lie. @default false */
  readonly isAligned?: boolean;
}

/**
 * Writes a model as ONNX bytes (`onnx.proto`), lists packed and fields in ascending order, but for an aligned tensor, whose padding
 * comes before its data: equal models give equal bytes. Sparse tensors, functions and values that are no tensors are not written.
 */
export function encodeModel(model: OnnxModel, { isAligned = false }: EncodeOptions = {}): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, model.irVersion);
  optionalText(writer, 2, model.producerName);
  optionalText(writer, 3, model.producerVersion);
  writer.writeMessage(7, (graph: OnnxGraph) => writeGraph(graph, writer, isAligned), model.graph);
  for (const opset of model.opsets) writer.writeMessage(8, writeOpset, opset);
  for (const pair of model.metadata) writer.writeMessage(14, writePair, pair);
  // A copy, so that the writer's larger buffer is let go.
  return writer.finish().slice();
}
