import { TrainerError } from '../../../core/errors.ts';
import type { Constant } from '../../../onnx/graph-builder.ts';
import type { GraphOperations, Operator } from './operator.ts';
import { operators } from './operators.ts';
import { sizeOf } from './shapes.ts';
import type { Attributes, GraphNode, KnownGradient, Value, ValueSignature, ValueType, VerbatimGraph } from './value.ts';

/** Elements up to which equal constants are shared. */
const sharedSize = 64;

/** Integers of 64 bits as text, which JSON has none of. */
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);

/**
 * A graph of values and nodes, in which every type and shape is known: what gradients are derived on. An equal call of
 * an operator on the same values is made once.
 */
export class Graph implements GraphOperations {
  #nodes: GraphNode[] = [];
  /** Equal nodes by scope: what is made inside an operator is of no use outside, where its gradient would be lost. */
  readonly #scopes = [new Map<string, readonly Value[]>()];
  readonly #constants = new Map<string, Value>();
  readonly #producers = new Map<Value, GraphNode>();
  #count = 0;

  /** Nodes in an order in which each comes after what it takes. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /** The node that a value is the output of; undefined for inputs and constants. */
  producerOf(value: Value): GraphNode | undefined {
    return this.#producers.get(value);
  }

  /** Declares an input of the graph, or of the graph around it. */
  input(name: string, type: ValueType, shape: readonly number[]): Value {
    return this.#value({ type, shape }, { input: name });
  }

  /** Adds a constant; small ones are shared with equal ones. */
  constant(constant: Exclude<Constant, { type: 'string' }>): Value {
    const { shape, data } = constant;
    if (constant.type === 'uint8') throw new TrainerError('INTERNAL', 'Training graphs have no bytes.');
    const { type } = constant;
    if (data.length !== sizeOf(shape)) {
      throw new TrainerError('INTERNAL', `Expected ${sizeOf(shape)} elements for [${shape}], got ${data.length}.`);
    }
    if (data.length > sharedSize) return this.#value({ type, shape }, { constant });
    const key = `${type}:${shape}:${data.join()}`;
    let value = this.#constants.get(key);
    if (value === undefined) {
      value = this.#value({ type, shape }, { constant });
      this.#constants.set(key, value);
    }
    return value;
  }

  scalar(value: number, like: Value): Value {
    return this.full([], value, like);
  }

  full(shape: readonly number[], value: number, like: Value): Value {
    return this.shared(`full:${like.type}:${shape}:${value}`, () => this.#full(shape, value, like));
  }

  /** A constant that is made once for all who name it so: for large ones that are worked out. */
  shared(key: string, make: () => Value): Value {
    const value = this.#constants.get(key) ?? make();
    this.#constants.set(key, value);
    return value;
  }

  #full(shape: readonly number[], value: number, like: Value): Value {
    if (like.type === 'double') {
      return this.constant({ type: 'double', shape, data: new Float64Array(sizeOf(shape)).fill(value) });
    }
    if (like.type === 'int64') {
      return this.constant({ type: 'int64', shape, data: new BigInt64Array(sizeOf(shape)).fill(BigInt(value)) });
    }
    if (like.type === 'int32') {
      return this.constant({ type: 'int32', shape, data: new Int32Array(sizeOf(shape)).fill(value) });
    }
    return this.constant({ type: 'float', shape, data: new Float32Array(sizeOf(shape)).fill(value) });
  }

  ints(values: readonly number[]): Value {
    return this.constant({ type: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  floats(shape: readonly number[], values: ArrayLike<number>, like: Value): Value {
    return like.type === 'double'
      ? this.constant({ type: 'double', shape, data: Float64Array.from(values) })
      : this.constant({ type: 'float', shape, data: Float32Array.from(values) });
  }

  rowNumbers(key: string, make: () => Int32Array): Value {
    return this.shared(`rows:${key}`, () => {
      const data = make();
      return this.constant({ type: 'int32', shape: [data.length], data });
    });
  }

  identity(size: number): Value {
    return this.shared(`identity:${size}`, () => {
      const data = new Float32Array(size * size);
      for (let i = 0; i < size; i++) data[i * (size + 1)] = 1;
      return this.constant({ type: 'float', shape: [size, size], data });
    });
  }

  /** The two floats that a one-hot vector is made of. */
  offOn(off: number, on: number): Value {
    return this.constant({ type: 'float', shape: [2], data: Float32Array.of(off, on) });
  }

  apply(operator: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.applyAll(operator, inputs, attributes)[0]!;
  }

  applyAll(operator: string, inputs: readonly Value[], attributes: Attributes = {}): readonly Value[] {
    const definition = operators.get(operator);
    if (definition === undefined) {
      throw new TrainerError(
        'MODEL_UNSUPPORTED',
        `The operator ${operator} can not be trained through: no gradient of it is known.`,
      );
    }
    // Numbers, lists and strings alone: attributes of these operators hold no graph and no large tensor.
    const key = `${operator}(${inputs.map(({ id }) => id).join()})${JSON.stringify(attributes, plain)}`;
    let outputs = this.#scopes.map((scope) => scope.get(key)).find((known) => known !== undefined);
    if (outputs === undefined) {
      const parts: GraphNode[] = [];
      outputs = this.#make(definition, inputs, attributes, parts);
      this.#scopes.at(-1)!.set(key, outputs);
      const node = { operator, inputs, outputs, attributes, ...(parts.length > 0 && { parts }) };
      this.#nodes.push(node);
      for (const output of outputs) this.#producers.set(output, node);
    }
    return outputs;
  }

  /**
   * A value whose gradient is known by hand: better than what its nodes' gradients would add up to.
   *
   * @param output made from `inputs`, and used through what this returns alone.
   */
  withGradient(output: Value, inputs: readonly Value[], gradientsOf: KnownGradient['gradientsOf']): Value {
    const made = this.#value(output);
    const known = { inputs, gradientsOf };
    const node: GraphNode = { operator: 'Identity', inputs: [output], outputs: [made], attributes: {}, known };
    this.#nodes.push(node);
    this.#producers.set(made, node);
    return made;
  }

  /** The output of a graph of a file, which is written as it is; no gradient goes back through it. */
  verbatim(verbatim: VerbatimGraph, inputs: readonly Value[], signature: ValueSignature): Value {
    const output = this.#value(signature);
    const node: GraphNode = { operator: 'Verbatim', inputs, outputs: [output], attributes: {}, verbatim };
    this.#nodes.push(node);
    this.#producers.set(output, node);
    return output;
  }

  /** The outputs of a node; what it is made of is added to the parts. */
  #make(
    { infer, build }: Operator,
    inputs: readonly Value[],
    attributes: Attributes,
    parts: GraphNode[],
  ): readonly Value[] {
    if (build === undefined) return infer!(inputs, attributes).map((signature) => this.#value(signature));
    const around = this.#nodes;
    this.#nodes = parts;
    this.#scopes.push(new Map());
    try {
      return build({ graph: this, inputs, attributes });
    } finally {
      this.#scopes.pop();
      this.#nodes = around;
    }
  }

  #value({ type, shape }: ValueSignature, more: Partial<Value> = {}): Value {
    return { id: this.#count++, type, shape, ...more };
  }
}
