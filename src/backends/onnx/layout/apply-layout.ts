import { Graph } from '../autodiff/graph.ts';
import { finitePairwise, finitePointwise, hasOrder } from '../autodiff/pointwise.ts';
import { sameShape } from '../autodiff/shapes.ts';
import type { Attributes, GraphNode, Value } from '../autodiff/value.ts';
import type { ImageCall, ImageLayout } from './image-layout.ts';

/**
 * Operators on each value alone that keep what fills up a block finite, so that zero weights can hide it. (Log, Reciprocal
 * and Div would not.)
 */
const unary = new Set([...finitePointwise, 'Softsign']);
const binary = new Set(finitePairwise);

const isOrder = ({ attributes }: GraphNode, order: readonly number[]): boolean => hasOrder(attributes, order);

/** The window attributes of one axis as those of two, of which the first has one position. */
function flatWindow(attributes: Attributes): Attributes {
  const widen: Readonly<Record<string, (list: readonly number[]) => readonly number[]>> = {
    kernel_shape: ([size]) => [1, size!],
    strides: ([stride]) => [1, stride!],
    dilations: ([dilation]) => [1, dilation!],
    pads: ([before, after]) => [0, before!, 0, after!],
  };
  const entries = Object.entries(attributes).map(([name, value]) => {
    const wide = widen[name];
    return [
      name,
      wide !== undefined && 'ints' in value ? { ints: wide(Array.from(value.ints, Number)) } : value,
    ] as const;
  });
  return Object.fromEntries(entries);
}

/** Rewrites a graph node by node. Each value is known plainly, as an image in the layout, or both once both are asked for. */
class Rewriting {
  readonly target = new Graph();
  readonly #layout: ImageLayout;
  readonly #draft: Graph;
  readonly #plain = new Map<Value, Value>();
  readonly #images = new Map<Value, Value>();

  constructor(draft: Graph, layout: ImageLayout) {
    this.#draft = draft;
    this.#layout = layout;
  }

  /** The value in its own shape. */
  plainOf(value: Value): Value {
    let known = this.#plain.get(value);
    if (known !== undefined) return known;
    if (value.input !== undefined) known = this.target.input(value.input, value.type, value.shape);
    else if (value.constant !== undefined && value.constant.type !== 'string')
      known = this.target.constant(value.constant);
    else
      known = this.#unfold(
        this.#layout.leave(this.target, this.#images.get(value)!, value.shape[1]!, false),
        value.shape,
      );
    this.#plain.set(value, known);
    return known;
  }

  /** Whatever is known of the value already. */
  anyOf(value: Value): Value {
    return this.#plain.get(value) ?? this.#images.get(value) ?? this.plainOf(value);
  }

  /** A value [N, C, H, W] or [N, C, L] in the layout. */
  #imageOf(value: Value): Value {
    let known = this.#images.get(value);
    if (known !== undefined) return known;
    const node = this.#draft.producerOf(value);
    const isTurned =
      node?.operator === 'Transpose' && isOrder(node, value.shape.length === 4 ? [0, 3, 1, 2] : [0, 2, 1]);
    if (isTurned) {
      const source = this.plainOf(node.inputs[0]!);
      known = this.#layout.enter(
        this.target,
        this.#reshape(
          source,
          source.shape.length === 3 ? [source.shape[0]!, 1, ...source.shape.slice(1)] : source.shape,
        ),
        true,
      );
    } else known = this.#layout.enter(this.target, this.#fold(this.plainOf(value)), false);
    this.#images.set(value, known);
    return known;
  }

  /** Visits a node: by a rule of the layout where it has one, else as it is. */
  visit(node: GraphNode): void {
    const [first] = node.inputs;
    const isImage = first !== undefined && first.type === 'float' && [3, 4].includes(first.shape.length);
    if (isImage && this.#rewrite(node)) return;
    const outputs = this.target.applyAll(
      node.operator,
      node.inputs.map((input) => this.plainOf(input)),
      node.attributes,
    );
    for (const [i, output] of node.outputs.entries()) this.#plain.set(output, outputs[i]!);
  }

  #rewrite(node: GraphNode): boolean {
    const { operator, inputs, outputs, attributes } = node;
    const [x] = inputs as [Value];
    const output = outputs[0]!;
    const keep = (image: Value | undefined): boolean => {
      if (image !== undefined) this.#images.set(output, image);
      return image !== undefined;
    };
    if (operator === 'Conv') return keep(this.#layout.convolution(this.#callOf(node, x)));
    if (operator === 'MaxPool') return keep(this.#maxPool(node));
    if (!this.#images.has(x) && !(inputs[1] !== undefined && this.#images.has(inputs[1]))) return false;
    if (unary.has(operator)) {
      const bounds = inputs.slice(1).map((input) => this.plainOf(input));
      return keep(this.target.apply(operator, [this.#imageOf(x), ...bounds], attributes));
    }
    if (binary.has(operator)) return keep(this.#binary(node));
    switch (operator) {
      case 'ChannelNormalization': {
        const made = this.#layout.normalization(this.#callOf(node, x));
        if (made === undefined) return false;
        this.#images.set(output, made[0]!);
        this.#plain.set(outputs[1]!, made[1]!);
        this.#plain.set(outputs[2]!, made[2]!);
        return true;
      }
      case 'GlobalAveragePool': {
        const means = this.#layout.globalAverage(this.#callOf(node, x));
        if (means !== undefined) this.#plain.set(output, this.#unfold(means, output.shape));
        return means !== undefined;
      }
      case 'Concat': {
        const { axis } = attributes;
        const isChannels = axis !== undefined && 'int' in axis && Number(axis.int) === 1;
        if (!isChannels || !inputs.every((input) => this.#images.has(input))) return false;
        return keep(
          this.#layout.concat(
            this.target,
            inputs.map((input) => this.#imageOf(input)),
            inputs.map(({ shape }) => shape[1]!),
          ),
        );
      }
      case 'Transpose': {
        if (!isOrder(node, x.shape.length === 4 ? [0, 2, 3, 1] : [0, 2, 1])) return false;
        const left = this.#layout.leave(this.target, this.#imageOf(x), x.shape[1]!, true);
        this.#plain.set(output, this.#reshape(left, output.shape));
        return true;
      }
      default:
        return false;
    }
  }

  /** ReLU keeps the order of values: behind the pool it has fewer of them to look at, and the same result. */
  #maxPool(node: GraphNode): Value | undefined {
    const [x] = node.inputs as [Value];
    const before = this.#draft.producerOf(x);
    const isRelu = before?.operator === 'Relu' && this.#images.has(before.inputs[0]!);
    if (!isRelu && !this.#images.has(x)) return undefined;
    const pooled = this.#layout.maxPool(this.#callOf(node, isRelu ? before.inputs[0]! : x));
    return pooled !== undefined && isRelu ? this.target.apply('Relu', [pooled]) : pooled;
  }

  #binary({ operator, inputs: [a, b], attributes }: GraphNode): Value | undefined {
    const [left, right] = [a!, b!];
    if (sameShape(left.shape, right.shape)) {
      return this.target.apply(operator, [this.#imageOf(left), this.#imageOf(right)], attributes);
    }
    if (right.shape.length === 0)
      return this.target.apply(operator, [this.#imageOf(left), this.plainOf(right)], attributes);
    if (left.shape.length === 0)
      return this.target.apply(operator, [this.plainOf(left), this.#imageOf(right)], attributes);
    const isGate =
      operator === 'Mul' && sameShape(right.shape, [...left.shape.slice(0, 2), ...left.shape.slice(2).map(() => 1)]);
    if (!isGate || !this.#images.has(left)) return undefined;
    return this.#layout.gate(this.target, this.#imageOf(left), this.#fold(this.plainOf(right)));
  }

  #callOf({ inputs, attributes }: GraphNode, x: Value): ImageCall {
    const isFlat = x.shape.length === 3;
    const others = inputs.slice(1).map((input) => {
      const value = this.plainOf(input);
      return isFlat && value.shape.length === 3 ? this.#fold(value) : value;
    });
    return {
      graph: this.target,
      image: () => this.#imageOf(x),
      plain: () => this.#fold(this.plainOf(x)),
      others,
      attributes: isFlat ? flatWindow(attributes) : attributes,
      shape: (isFlat ? x.shape.toSpliced(2, 0, 1) : x.shape) as ImageCall['shape'],
    };
  }

  /** [N, C, L] as [N, C, 1, L]. */
  #fold(value: Value): Value {
    return value.shape.length === 3 ? this.#reshape(value, value.shape.toSpliced(2, 0, 1)) : value;
  }

  #unfold(value: Value, shape: readonly number[]): Value {
    return this.#reshape(value, shape);
  }

  #reshape(value: Value, shape: readonly number[]): Value {
    return sameShape(value.shape, shape) ? value : this.target.apply('Reshape', [value, this.target.ints(shape)]);
  }
}

/** A graph that was rewritten, and where its values have gone. */
export interface LaidOut {
  readonly graph: Graph;
  /** A value of the draft in its own shape. */
  readonly plainOf: (value: Value) => Value;
  /** A value of the draft in whatever form it has: for what looks at all of its numbers alone. */
  readonly anyOf: (value: Value) => Value;
}

/**
 * Writes a forward pass again with its images in a layout: convolutions and what lies between them work on it, everything
 * else on plain values, and images are brought over where the two meet. Without a layout, or without convolutions, the
 * draft is what is trained.
 */
export function layOut(draft: Graph, layout: ImageLayout | undefined): LaidOut {
  if (layout === undefined || !draft.nodes.some(({ operator }) => operator === 'Conv')) {
    return { graph: draft, plainOf: (value) => value, anyOf: (value) => value };
  }
  const rewriting = new Rewriting(draft, layout);
  for (const node of draft.nodes) rewriting.visit(node);
  return {
    graph: rewriting.target,
    plainOf: (value) => rewriting.plainOf(value),
    anyOf: (value) => rewriting.anyOf(value),
  };
}
