import type { OnnxNode } from '../../../onnx/model.ts';
import { attentionCore } from '../autodiff/composites/attention.ts';
import { geluOf } from '../autodiff/composites/gelu.ts';
import type { Graph } from '../autodiff/graph.ts';
import { floatOf, integersOf, intOf, intsOf, unfit } from '../autodiff/operator.ts';
import { frontAxis, sizeOf } from '../autodiff/shapes.ts';
import type { Attributes, GraphNode, Value } from '../autodiff/value.ts';

/** A node of a file that is to be lowered: inputs that are left out are undefined. */
export interface NodeCall {
  readonly graph: Graph;
  readonly node: OnnxNode;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
}

/** Makes the outputs of a node. */
export type LowerNode = (call: NodeCall) => readonly Value[];

const perm = (order: readonly number[]): Attributes => ({ perm: { ints: order } });

const rows = (graph: Graph, x: Value): Value =>
  x.shape.length === 2 ? x : graph.apply('Reshape', [x, graph.ints([sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])]);

/** The node that makes a value, looked for behind reshapes that `through` lets pass. */
const madeBy = (graph: Graph, value: Value, operator: string): GraphNode | undefined => {
  const node = graph.producerOf(value);
  return node?.operator === operator ? node : undefined;
};

/** A scalar constant. */
const scalarOf = (value: Value): number | undefined =>
  value.constant !== undefined && value.constant.type === 'float' && value.constant.data.length === 1
    ? value.constant.data[0]
    : undefined;

/** The raw scores of attention: q·kᵀ times a factor. */
function scoresOf(graph: Graph, value: Value): { q: Value; turned: Value; scale: number } | undefined {
  const [times, over] = [madeBy(graph, value, 'Mul'), madeBy(graph, value, 'Div')];
  const factor = times === undefined ? 1 : scalarOf(times.inputs[1]!);
  const divisor = over === undefined ? 1 : scalarOf(over.inputs[1]!);
  if (factor === undefined || divisor === undefined) return undefined;
  const product = madeBy(graph, (times ?? over)?.inputs[0] ?? value, 'MatMul');
  if (product === undefined || product.inputs[0]!.shape.length < 3) return undefined;
  return { q: product.inputs[0]!, turned: product.inputs[1]!, scale: factor / divisor };
}

/** softmax(scale·q·kᵀ + mask)·v with its gradient by hand, where that is what the product is. */
function attention(graph: Graph, weights: Value, v: Value): Value | undefined {
  const softmax = madeBy(graph, weights, 'Softmax');
  const rank = weights.shape.length;
  if (softmax === undefined || v.shape.length !== rank || rank < 3) return undefined;
  if (frontAxis('Softmax', intOf(softmax.attributes, 'axis', -1), rank) !== rank - 1) return undefined;
  const logits = softmax.inputs[0]!;
  const sum = madeBy(graph, logits, 'Add');
  const candidates = sum === undefined ? [[logits, undefined]] : [sum.inputs, sum.inputs.toReversed()];
  for (const [raw, mask] of candidates) {
    const scores = scoresOf(graph, raw!);
    const key = scores === undefined ? undefined : madeBy(graph, scores.turned, 'Transpose');
    if (scores === undefined || key === undefined) continue;
    // A mask has no gradient here: what depends on a float that may be trained is left as it is.
    if (mask !== undefined && dependsOnFloats(graph, mask)) continue;
    const { q, scale } = scores;
    const same = q.shape
      .slice(0, -2)
      .every((size, axis) => size === v.shape[axis] && size === scores.turned.shape[axis]);
    if (!same || q.shape.length !== rank || scores.turned.shape.length !== rank) continue;
    const order = intsOf(key.attributes, 'perm') ?? key.inputs[0]!.shape.map((_, axis) => rank - 1 - axis);
    const kOrder = [...order.slice(0, -2), order.at(-1)!, order.at(-2)!];
    const isPlain = kOrder.every((axis, i) => axis === i);
    const k = isPlain ? key.inputs[0]! : graph.apply('Transpose', key.inputs, perm(kOrder));
    return attentionCore(graph, q, k, v, scale, mask);
  }
  return undefined;
}

/** Whether a value is made from an input of floats: a parameter, or data that a network before it made. */
function dependsOnFloats(graph: Graph, value: Value): boolean {
  const seen = new Set<Value>();
  const visit = (at: Value): boolean => {
    if (seen.has(at) || at.constant !== undefined) return false;
    seen.add(at);
    if (at.input !== undefined) return at.type === 'float';
    return graph.producerOf(at)?.inputs.some(visit) ?? false;
  };
  return visit(value);
}

function matMul({ graph, inputs }: NodeCall): readonly Value[] {
  let [a, b] = inputs as [Value, Value];
  const drops: number[] = [];
  if (a.shape.length === 1) {
    a = graph.apply('Unsqueeze', [a, graph.ints([0])]);
    drops.push(-2);
  }
  if (b.shape.length === 1) {
    b = graph.apply('Unsqueeze', [b, graph.ints([1])]);
    drops.push(-1);
  }
  const made = attention(graph, a, b) ?? matrixProduct(graph, a, b);
  return [drops.length === 0 ? made : graph.apply('Squeeze', [made, graph.ints(drops)])];
}

/** A stack times one matrix is one product: its gradient for the matrix then is one too, not one for each of the stack. */
function matrixProduct(graph: Graph, a: Value, b: Value): Value {
  if (b.shape.length !== 2 || a.type !== 'float') return graph.apply('MatMul', [a, b]);
  const product = graph.apply('Gemm', [rows(graph, a), b]);
  return a.shape.length === 2
    ? product
    : graph.apply('Reshape', [product, graph.ints([...a.shape.slice(0, -1), b.shape[1]!])]);
}

/** A bias of a product goes into the product. */
function add(call: NodeCall): readonly Value[] {
  const { graph } = call;
  const [left, right] = call.inputs as [Value, Value];
  for (const [x, bias] of [
    [left, right],
    [right, left],
  ] as const) {
    const view = madeBy(graph, x, 'Reshape');
    const gemm = madeBy(graph, view?.inputs[0] ?? x, 'Gemm');
    if (gemm === undefined || gemm.inputs.length !== 2 || bias.shape.length !== 1) continue;
    if (bias.shape[0] !== x.shape.at(-1) || x.shape.at(-1) !== gemm.outputs[0]!.shape[1]) continue;
    const product = graph.apply('Gemm', [...gemm.inputs, bias], gemm.attributes);
    return [view === undefined ? product : graph.apply('Reshape', [product, view.inputs[1]!])];
  }
  return [graph.apply('Add', [left, right])];
}

const chain =
  (operator: string): LowerNode =>
  ({ graph, inputs }) => [(inputs as readonly Value[]).reduce((a, b) => graph.apply(operator, [a, b]))];

function squeeze({ graph, inputs: [x, axes] }: NodeCall): readonly Value[] {
  const ones = x!.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  return [graph.apply('Squeeze', [x!, axes ?? graph.ints(ones)])];
}

function split(call: NodeCall): readonly Value[] {
  const { graph, inputs, attributes, node } = call;
  const [x, given] = inputs;
  const axis = frontAxis('Split', intOf(attributes, 'axis', 0), x!.shape.length);
  const count = intOf(attributes, 'num_outputs', node.outputs.length);
  const size = x!.shape[axis]!;
  const each = Math.ceil(size / count);
  const sizes = Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
  return graph.applyAll('Split', [x!, given ?? graph.ints(sizes)], { axis: { int: axis } });
}

function layerNormalization(call: NodeCall): readonly Value[] {
  const { graph, node, inputs, attributes } = call;
  const [x, scale, shift] = inputs as [Value, Value, Value | undefined];
  const axis = frontAxis('LayerNormalization', intOf(attributes, 'axis', -1), x.shape.length);
  const width = sizeOf(x.shape.slice(axis));
  const isLast = axis === x.shape.length - 1;
  const flat = (value: Value, shape: readonly number[]) =>
    isLast ? value : graph.apply('Reshape', [value, graph.ints(shape)]);
  const row = (value: Value) => flat(value, [width]);
  if (sizeOf(scale.shape) !== width) throw unfit('LayerNormalization', 'expected a scale for each value');
  if (node.outputs.length > 1) return momentsToo(call, axis);
  const zero = graph.full([width], 0, x);
  const made = graph.apply(
    'LayerNormalization',
    [flat(x, [sizeOf(x.shape) / width, width]), row(scale), shift === undefined ? zero : row(shift)],
    { axis: { int: -1 }, epsilon: { float: floatOf(attributes, 'epsilon', 1e-5) } },
  );
  return [flat(made, x.shape)];
}

/** Where the mean and 1/deviation are taken as well: out of parts, so that gradients go back from them too. */
function momentsToo({ graph, inputs, attributes }: NodeCall, axis: number): readonly Value[] {
  const [x, scale, shift] = inputs as [Value, Value, Value | undefined];
  const axes = graph.ints(x.shape.flatMap((_, i) => (i >= axis ? [i] : [])));
  const average = (value: Value) => graph.apply('ReduceMean', [value, axes], { keepdims: { int: 1 } });
  const mean = average(x);
  const centred = graph.apply('Sub', [x, mean]);
  const variance = average(graph.apply('Mul', [centred, centred]));
  const small = graph.scalar(floatOf(attributes, 'epsilon', 1e-5), x);
  const inverse = graph.apply('Reciprocal', [graph.apply('Sqrt', [graph.apply('Add', [variance, small])])]);
  const scaled = graph.apply('Mul', [graph.apply('Mul', [centred, inverse]), scale]);
  return [shift === undefined ? scaled : graph.apply('Add', [scaled, shift]), mean, inverse];
}

/** Both sides of a power are of one type here. */
function pow({ graph, inputs }: NodeCall): readonly Value[] {
  const [a, b] = inputs as [Value, Value];
  const number = a.type === 'double' ? 11 : 1;
  const isFloating = a.type === 'float' || a.type === 'double';
  return [
    graph.apply('Pow', [a, isFloating && b.type !== a.type ? graph.apply('Cast', [b], { to: { int: number } }) : b]),
  ];
}

/** Bounds that are left out are infinite. */
function clip({ graph, inputs }: NodeCall): readonly Value[] {
  const [x, low, high] = inputs;
  if (low === undefined && high === undefined) return [x!];
  const least = low ?? graph.scalar(Number.NEGATIVE_INFINITY, x!);
  return [graph.apply('Clip', high === undefined ? [x!, least] : [x!, least, high])];
}

/** Inputs that are left out in the middle, as empty lists. */
function resize({ graph, inputs, attributes }: NodeCall): readonly Value[] {
  const [x, roi, scales, sizes] = inputs;
  const empty = graph.constant({ type: 'float', shape: [0], data: new Float32Array() });
  return [
    graph.apply('Resize', [x!, roi ?? empty, scales ?? empty, ...(sizes === undefined ? [] : [sizes])], attributes),
  ];
}

function slice({ graph, inputs }: NodeCall): readonly Value[] {
  const [x, starts, ends, axes, steps] = inputs;
  const count = starts!.shape[0]!;
  const all = graph.ints(Array.from({ length: count }, (_, axis) => axis));
  return [graph.apply('Slice', [x!, starts!, ends!, axes ?? all, ...(steps === undefined ? [] : [steps])])];
}

function pad({ graph, inputs, attributes }: NodeCall): readonly Value[] {
  const [x, pads, value, axes] = inputs;
  const rest = axes === undefined ? [] : [axes];
  const filling = value === undefined && axes === undefined ? [] : [value ?? graph.scalar(0, x!)];
  return [graph.apply('Pad', [x!, pads!, ...filling, ...rest], attributes)];
}

/** Zeros in the shape are copied, unless the file says that they stand for no elements, which nothing can be trained on. */
function reshape({ graph, inputs: [x, shape], attributes }: NodeCall): readonly Value[] {
  if (intOf(attributes, 'allowzero', 0) === 1 && integersOf('Reshape', shape!).includes(0)) {
    throw unfit('Reshape', 'shapes without elements are not supported');
  }
  return [graph.apply('Reshape', [x!, shape!])];
}

function flatten({ graph, inputs: [x], attributes }: NodeCall): readonly Value[] {
  const axis = intOf(attributes, 'axis', 1);
  const at = axis < 0 ? axis + x!.shape.length : axis;
  const shape = [sizeOf(x!.shape.slice(0, at)), sizeOf(x!.shape.slice(at))];
  return [graph.apply('Reshape', [x!, graph.ints(shape)])];
}

const reduction: LowerNode = ({ graph, node, inputs, attributes }) => {
  const [x, axes] = inputs;
  const { noop_with_empty_axes: _, ...rest } = attributes;
  const isEmpty = axes === undefined || axes.shape[0] === 0;
  if (isEmpty && intOf(attributes, 'noop_with_empty_axes', 0) === 1) return [x!];
  return [graph.apply(node.operator, isEmpty ? [x!] : [x!, axes], rest)];
};

const gelu: LowerNode = ({ graph, inputs: [x], attributes }) => {
  const { approximate } = attributes;
  const isTanh = approximate !== undefined && 'string' in approximate && approximate.string === 'tanh';
  return [isTanh ? graph.apply('Gelu', [x!], attributes) : geluOf(graph, x!)];
};

/** Nodes that are lowered otherwise than as the operator of their name. */
export const nodeLowerings: Readonly<Record<string, LowerNode>> = {
  Add: add,
  Clip: clip,
  Flatten: flatten,
  Gelu: gelu,
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  Max: chain('Max'),
  Mean: ({ graph, inputs }) => {
    const sum = (inputs as readonly Value[]).reduce((a, b) => graph.apply('Add', [a, b]));
    return [graph.apply('Div', [sum, graph.scalar(inputs.length, sum)])];
  },
  Min: chain('Min'),
  Pad: pad,
  Pow: pow,
  ReduceL1: reduction,
  ReduceL2: reduction,
  ReduceLogSumExp: reduction,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ReduceSum: reduction,
  ReduceSumSquare: reduction,
  Reshape: reshape,
  Resize: resize,
  Slice: slice,
  Split: split,
  Squeeze: squeeze,
  Sum: chain('Add'),
};
