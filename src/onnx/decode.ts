import { TrainerError } from '../core/errors.ts';
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxSparseTensor,
  OnnxTensor,
  OnnxValue,
} from './model.ts';
import { modelFault } from './model-fault.ts';
import { malformed, WireReader } from './wire-reader.ts';

/** The same object while it is filled. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Bounds on what is decoded, so that no small file makes a large object. */
export interface DecodeLimits {
  /** Graphs inside attributes inside graphs. @default 8 */
  readonly graphDepth?: number;
  /** Numbers outside `raw_data`; names, strings and messages count eight each. @default 16,000,000 */
  readonly elements?: number;
}

function readTensor(reader: WireReader): OnnxTensor {
  const tensor: Draft<OnnxTensor> = { name: '', dims: [], dataType: 0, isExternal: false, isSegment: false };
  const dims: (number | bigint)[] = [];
  const floats: number[] = [];
  const doubles: number[] = [];
  const int32s: (number | bigint)[] = [];
  const int64s: (number | bigint)[] = [];
  const uint64s: (number | bigint)[] = [];
  const strings: Uint8Array[] = [];
  reader.fields((field) => {
    if (field === 1) reader.int64s(dims);
    else if (field === 2) {
      reader.once(field);
      tensor.dataType = reader.integer();
    } else if (field === 3) tensor.isSegment = true;
    else if (field === 4) reader.floats(floats);
    else if (field === 5) reader.int64s(int32s);
    else if (field === 6) strings.push(reader.bytes());
    else if (field === 7) reader.int64s(int64s);
    else if (field === 8) {
      reader.once(field);
      tensor.name = reader.text();
    } else if (field === 9) {
      reader.once(field);
      tensor.raw = reader.bytes();
    } else if (field === 10) reader.doubles(doubles);
    else if (field === 11) reader.int64s(uint64s);
    else if (field === 13) tensor.isExternal = true;
    else if (field === 14) {
      reader.once(field);
      if (reader.integer() !== 0) tensor.isExternal = true;
    }
  });
  tensor.dims = dims.map(dimension);
  if (floats.length > 0) tensor.floats = Float32Array.from(floats);
  if (doubles.length > 0) tensor.doubles = Float64Array.from(doubles);
  if (int32s.length > 0) tensor.int32s = int32s.map(Number);
  if (int64s.length > 0) tensor.int64s = int64s.map(BigInt);
  if (uint64s.length > 0) tensor.uint64s = uint64s.map((value) => BigInt.asUintN(64, BigInt(value)));
  if (strings.length > 0) tensor.strings = strings;
  return tensor;
}

function dimension(value: number | bigint): number {
  if (typeof value === 'bigint' || value < 0) throw malformed(`a dimension is ${value}`);
  return value;
}

function readSparseTensor(reader: WireReader): OnnxSparseTensor {
  const tensors: OnnxTensor[] = [];
  const dims: (number | bigint)[] = [];
  reader.fields((field) => {
    if (field === 1 || field === 2) {
      reader.once(field);
      tensors.push(reader.message((inner) => readTensor(inner)));
    } else if (field === 3) reader.int64s(dims);
  });
  return { tensors, dims: dims.map(dimension) };
}

function readAttribute(reader: WireReader, depth: number): OnnxAttribute {
  const attribute: Draft<OnnxAttribute> = { name: '', type: 0, hasTypes: false };
  const floats: number[] = [];
  const ints: (number | bigint)[] = [];
  const strings: Uint8Array[] = [];
  const tensors: OnnxTensor[] = [];
  const graphs: OnnxGraph[] = [];
  const sparse: OnnxSparseTensor[] = [];
  reader.fields((field) => {
    if (field <= 6 || field >= 20) if (field !== 23) reader.once(field);
    if (field === 1) attribute.name = reader.text();
    else if (field === 2) attribute.float = reader.float();
    else if (field === 3) attribute.int = reader.int64();
    else if (field === 4) attribute.string = reader.bytes();
    else if (field === 5) attribute.tensor = reader.message((inner) => readTensor(inner));
    else if (field === 6) attribute.graph = reader.message((inner) => readGraph(inner, depth - 1));
    else if (field === 7) reader.floats(floats);
    else if (field === 8) reader.int64s(ints);
    else if (field === 9) strings.push(reader.bytes());
    else if (field === 10) tensors.push(reader.message((inner) => readTensor(inner)));
    else if (field === 11) graphs.push(reader.message((inner) => readGraph(inner, depth - 1)));
    else if (field === 14 || field === 15) attribute.hasTypes = true;
    else if (field === 20) attribute.type = reader.integer();
    else if (field === 21) attribute.reference = reader.text();
    else if (field === 22 || field === 23) sparse.push(reader.message((inner) => readSparseTensor(inner)));
  });
  if (floats.length > 0) attribute.floats = Float32Array.from(floats);
  if (ints.length > 0) attribute.ints = ints;
  if (strings.length > 0) attribute.strings = strings;
  if (tensors.length > 0) attribute.tensors = tensors;
  if (graphs.length > 0) attribute.graphs = graphs;
  if (sparse.length > 0) attribute.sparseTensors = sparse;
  return attribute;
}

/** `depth` is how many more graphs may nest. */
function readNode(reader: WireReader, depth: number): OnnxNode {
  const node: Draft<OnnxNode> = { name: '', operator: '', domain: '', inputs: [], outputs: [], attributes: [] };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: OnnxAttribute[] = [];
  reader.fields((field) => {
    if (field === 3 || field === 4 || field === 7) reader.once(field);
    if (field === 1) inputs.push(reader.text());
    else if (field === 2) outputs.push(reader.text());
    else if (field === 3) node.name = reader.text();
    else if (field === 4) node.operator = reader.text();
    else if (field === 5) attributes.push(reader.message((inner) => readAttribute(inner, depth)));
    else if (field === 7) node.domain = reader.text();
    else if (field === 8 && reader.text() !== '') throw malformed('a node calls an overload of a local function');
  });
  // Both names are those of the ONNX domain.
  if (node.domain === 'ai.onnx') node.domain = '';
  return { ...node, inputs, outputs, attributes };
}

function readShape(reader: WireReader): (number | string | null)[] {
  const shape: (number | string | null)[] = [];
  reader.fields((field) => {
    if (field !== 1) return;
    shape.push(
      reader.message((inner) => {
        let value: number | string | null = null;
        inner.fields((part) => {
          if (part !== 1 && part !== 2) return;
          if (value !== null) throw malformed('a dimension is given twice');
          value = part === 1 ? inner.integer() : inner.text();
        });
        return value;
      }),
    );
  });
  return shape;
}

function readValue(reader: WireReader): OnnxValue {
  const value: Draft<OnnxValue> = { name: '', kind: 'none', dataType: 0 };
  const readTensorType = (inner: WireReader): void =>
    inner.fields((field) => {
      if (field === 1 || field === 2) inner.once(field);
      if (field === 1) value.dataType = inner.integer();
      else if (field === 2) value.shape = inner.message(readShape);
    });
  const readType = (inner: WireReader): void =>
    inner.fields((field) => {
      if (field === 6) return;
      if (value.kind !== 'none') throw malformed('a value has two types');
      value.kind = field === 1 ? 'tensor' : 'other';
      if (field === 1) inner.message(readTensorType);
    });
  reader.fields((field) => {
    if (field === 1 || field === 2) reader.once(field);
    if (field === 1) value.name = reader.text();
    else if (field === 2) reader.message(readType);
  });
  return value;
}

function readGraph(reader: WireReader, depth: number): OnnxGraph {
  if (depth < 0) throw malformed('graphs are nested deeper than is accepted');
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const sparseInitializers: OnnxSparseTensor[] = [];
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const values: OnnxValue[] = [];
  reader.fields((field) => {
    if (field === 1) nodes.push(reader.message((inner) => readNode(inner, depth)));
    else if (field === 2) {
      reader.once(field);
      name = reader.text();
    } else if (field === 5) initializers.push(reader.message((inner) => readTensor(inner)));
    else if (field === 11) inputs.push(reader.message((inner) => readValue(inner)));
    else if (field === 12) outputs.push(reader.message((inner) => readValue(inner)));
    else if (field === 13) values.push(reader.message((inner) => readValue(inner)));
    else if (field === 15) sparseInitializers.push(reader.message((inner) => readSparseTensor(inner)));
  });
  return { name, nodes, initializers, sparseInitializers, inputs, outputs, values };
}

function readPair(reader: WireReader): readonly [string, string] {
  let key = '';
  let value = '';
  reader.fields((field) => {
    if (field !== 1 && field !== 2) return;
    reader.once(field);
    if (field === 1) key = reader.text();
    else value = reader.text(Number.POSITIVE_INFINITY);
  });
  return [key, value];
}

function readOpset(reader: WireReader): { domain: string; version: number } {
  const opset = { domain: '', version: 0 };
  reader.fields((field) => {
    if (field !== 1 && field !== 2) return;
    reader.once(field);
    if (field === 1) opset.domain = reader.text();
    else opset.version = reader.integer();
  });
  if (opset.domain === 'ai.onnx') opset.domain = '';
  return opset;
}

/**
 * Reads ONNX bytes (`ModelProto` of `onnx.proto`) that nobody vouches for. Tensors' raw data and texts are views of `bytes`.
 *
 * @throws {TrainerError} MODEL_INVALID
 */
export function decodeModel(bytes: Uint8Array, limits: DecodeLimits = {}): OnnxModel {
  const graphDepth = limits.graphDepth ?? 8;
  const reader = WireReader.of(bytes, limits.elements ?? 16_000_000);
  const model: Draft<Omit<OnnxModel, 'graph'>> & { graph?: OnnxGraph } = {
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    opsets: [],
    metadata: [],
    functionCount: 0,
    trainingCount: 0,
  };
  const opsets: { domain: string; version: number }[] = [];
  const metadata: (readonly [string, string])[] = [];
  try {
    reader.fields((field) => {
      if (field === 1 || field === 2 || field === 3 || field === 7) reader.once(field);
      if (field === 1) model.irVersion = reader.integer();
      else if (field === 2) model.producerName = reader.text();
      else if (field === 3) model.producerVersion = reader.text();
      else if (field === 7) model.graph = reader.message((inner) => readGraph(inner, graphDepth));
      else if (field === 8) opsets.push(reader.message(readOpset));
      else if (field === 14) metadata.push(reader.message(readPair));
      else if (field === 20) model.trainingCount++;
      else if (field === 25) model.functionCount++;
    });
  } catch (cause) {
    if (TrainerError.isInstance(cause)) throw cause;
    // What is left (a RangeError of an array that grew too large) is the file's fault too.
    throw modelFault('MODEL_INVALID', 'The file is no valid ONNX model: it can not be decoded.', cause);
  }
  if (model.graph === undefined) throw malformed('it has no graph');
  return { ...model, graph: model.graph, opsets, metadata };
}
