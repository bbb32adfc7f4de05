import type { AttributeValue, Constant } from '../../../onnx/graph-builder.ts';
import type { OnnxGraph } from '../../../onnx/model.ts';

/** Element types of values in a training graph. */
export type ValueType = 'float' | 'double' | 'int64' | 'int32' | 'bool';

/** What is known of a value before anything runs. Shapes are sizes: a training graph is made for one batch size. */
export interface ValueSignature {
  readonly type: ValueType;
  readonly shape: readonly number[];
}

/** A tensor in a graph: an input, a constant, or the output of a node. */
export interface Value extends ValueSignature {
  /** Position in the order of creation. */
  readonly id: number;
  /** The data, where the value is a constant. */
  readonly constant?: Constant;
  /** The name, where the value is an input. */
  readonly input?: string;
}

/** Attributes of a node, by ONNX's names; those that begin with an underscore are ours and in no model. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A gradient that is known by hand for several nodes together. */
export interface KnownGradient {
  /** What the nodes were made from. */
  readonly inputs: readonly Value[];
  /** The gradient of each input, from that of the output. */
  readonly gradientsOf: (gradient: Value) => readonly Value[];
}

/** Nodes of a file that are written as they are; nothing goes back through them. */
export interface VerbatimGraph {
  readonly graph: OnnxGraph;
  /** The names that the node's inputs have in that graph. */
  readonly inputs: readonly string[];
  /** The name that the node's output has there. */
  readonly output: string;
}

/** One call of an operator. */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** Taken instead of the operator's own. */
  readonly known?: KnownGradient;
  /** A graph of a file that stands here as it is: its inputs, then the initializers that `inputs` go on with, are what the node takes. */
  readonly verbatim?: VerbatimGraph;
  /** What an operator that is made of others consists of. */
  readonly parts?: readonly GraphNode[];
}
