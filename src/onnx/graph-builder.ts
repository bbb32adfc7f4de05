/** Element types that graphs of ours use. */
export type ElementType = 'float' | 'double' | 'int64' | 'int32' | 'uint8' | 'bool' | 'string';

/** A constant of the graph. */
export type Constant =
  | { readonly type: 'float'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: 'double'; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly type: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly type: 'int32'; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: 'uint8' | 'bool'; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly type: 'string'; readonly shape: readonly number[]; readonly data: readonly string[] };

/** An attribute; `ints` and `int` take safe integers or bigint. */
export type AttributeValue =
  | { readonly int: number | bigint }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly tensor: Constant }
  | { readonly ints: readonly (number | bigint)[] | Int32Array | Uint8Array }
  | { readonly floats: readonly number[] | Float32Array }
  | { readonly strings: readonly string[] };

/** Options of one node. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** @default '' (the ONNX domain) */
  readonly domain?: '' | 'ai.onnx.ml' | 'com.microsoft';
  /** Number of outputs. @default 1 */
  readonly outputs?: number;
  /** Prefix of the names of the node and its outputs; made unique. @default the operator in lower case */
  readonly name?: string;
}

/** Builds a graph node by node; values are referred to by name. Names are unique and depend on the order of calls alone. */
export interface GraphBuilder {
  /** Declares an input; −1 (or a name) is a free dimension. Returns its name. */
  input(name: string, type: ElementType, shape: readonly (number | string)[]): string;
  /** Adds a constant (an initializer), shared with an equal one that is there already. Returns its name. */
  constant(value: Constant, name?: string): string;
  /** float32 scalar or vector, by shape (default: [data.length]). */
  floats(data: ArrayLike<number>, shape?: readonly number[]): string;
  /** int64 scalar or vector. */
  ints(data: readonly (number | bigint)[], shape?: readonly number[]): string;
  /** Adds a node and returns the name of its first output. */
  node(operator: string, inputs: readonly string[], options?: NodeOptions): string;
  /** Adds a node with several outputs and returns their names. */
  nodes(operator: string, inputs: readonly string[], options: NodeOptions & { readonly outputs: number }): string[];
  /** Declares a value as an output of the graph under a name of its own (an Identity is added where needed). */
  output(name: string, value: string, type: ElementType, shape: readonly (number | string)[]): void;
  /** The model's bytes: opset 21, IR 10, ai.onnx.ml 5, with these metadata_props. Deterministic. */
  build(options: { readonly name: string; readonly metadata?: Readonly<Record<string, string>> }): Uint8Array;
}

export { createGraphBuilder } from './create-graph-builder.ts';
