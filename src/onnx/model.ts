/** Element types of `TensorProto.DataType`, by the number that the file has. */
export const dataTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
} as const;

/** Kinds of `AttributeProto.AttributeType`, by the number that the file has. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  type: 13,
  types: 14,
} as const;

/** A tensor as the file holds it: the data are in `raw` (little-endian) or in the list of its type. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** A number of {@link dataTypes}, or one that we do not know. */
  readonly dataType: number;
  readonly raw?: Uint8Array;
  readonly floats?: Float32Array;
  readonly doubles?: Float64Array;
  /** int32, int16, int8, uint16, uint8, bool and float16 share this list. */
  readonly int32s?: readonly number[];
  readonly int64s?: readonly bigint[];
  readonly uint64s?: readonly bigint[];
  readonly strings?: readonly Uint8Array[];
  /** Whether the file says that the data lie in another file; the checker refuses it. */
  readonly isExternal: boolean;
  /** Whether it is a segment of a larger tensor; the checker refuses it. */
  readonly isSegment: boolean;
}

/** A sparse tensor: only its parts are kept, for the checker. */
export interface OnnxSparseTensor {
  readonly tensors: readonly OnnxTensor[];
  readonly dims: readonly number[];
}

/** An attribute of a node; exactly the members that the file has are there. */
export interface OnnxAttribute {
  readonly name: string;
  /** A number of {@link attributeTypes}. */
  readonly type: number;
  readonly float?: number;
  readonly int?: bigint;
  readonly string?: Uint8Array;
  readonly tensor?: OnnxTensor;
  readonly graph?: OnnxGraph;
  readonly floats?: Float32Array;
  readonly ints?: readonly (number | bigint)[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly OnnxTensor[];
  readonly graphs?: readonly OnnxGraph[];
  readonly sparseTensors?: readonly OnnxSparseTensor[];
  /** Set inside functions only, which the checker refuses. */
  readonly reference?: string;
  /** Whether it holds a type, which no operator that is allowed takes. */
  readonly hasTypes: boolean;
}

/** One operator call. */
export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly domain: string;
  /** An empty string is an input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
}

/** A declared value. A dimension is a size, a name, or null where nothing is said. */
export interface OnnxValue {
  readonly name: string;
  /** What kind of value it is; the checker lets tensors and sequences of maps of nothing else through. */
  readonly kind: 'tensor' | 'other' | 'none';
  /** A number of {@link dataTypes}; 0 where it is no tensor. */
  readonly dataType: number;
  /** Absent where the file states no shape. */
  readonly shape?: readonly (number | string | null)[];
}

/** A graph: nodes in topological order. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly sparseInitializers: readonly OnnxSparseTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly values: readonly OnnxValue[];
}

/** A decoded ONNX model (`ModelProto`), with what this library reads and writes of it. */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: OnnxGraph;
  /** `metadata_props`, in the order of the file. */
  readonly metadata: readonly (readonly [string, string])[];
  /** Numbers of local functions and of training parts; the checker refuses both. */
  readonly functionCount: number;
  readonly trainingCount: number;
}
