import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Attributes, Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import type { OperatorCase } from './operator-case.ts';

const int = (value: number) => ({ int: value });
const text = (value: string) => ({ string: value });

const call =
  (operator: string, attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, inputs) =>
    graph.apply(operator, inputs, attributes);

const onAxes =
  (operator: string, axes: readonly number[], attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, [x]) =>
    graph.apply(operator, [x!, graph.ints(axes)], attributes);

const integers = (graph: Graph, shape: readonly number[], values: readonly number[]) =>
  graph.constant({ type: 'int64', shape, data: BigInt64Array.from(values, BigInt) });

const isPositive = (graph: Graph, x: Value) => graph.apply('Greater', [x, graph.scalar(0, x)]);
const asNumber = (graph: Graph, value: Value, like: Value) =>
  graph.apply('Cast', [value], { to: int(like.type === 'double' ? 11 : 1) });

const whereCompared =
  (operator: string): OperatorCase['build'] =>
  (graph, [a, b]) =>
    graph.apply('Where', [graph.apply(operator, [a!, b!]), a!, b!]);

const whereBoth =
  (operator: string): OperatorCase['build'] =>
  (graph, [a, b]) =>
    graph.apply('Where', [graph.apply(operator, [isPositive(graph, a!), isPositive(graph, b!)]), a!, b!]);

/** Operators of networks on sequences and of imported transformers; tolerances as in `operator-cases.ts`. */
export const sequenceOperatorCases: Readonly<Record<string, OperatorCase>> = {
  ReduceMin: { build: onAxes('ReduceMin', [1], { keepdims: int(0) }) },
  'ReduceMin ties': { build: onAxes('ReduceMin', [1], { keepdims: int(0) }), isCorner: true },
  ReduceL1: { build: onAxes('ReduceL1', [1], { keepdims: int(0) }) },
  ReduceL2: { build: onAxes('ReduceL2', [1], { keepdims: int(0) }) },
  'ReduceL2 all': { build: call('ReduceL2', { keepdims: int(0) }) },
  'ReduceL2 zeros': { build: onAxes('ReduceL2', [1], { keepdims: int(0) }), isCorner: true },
  ReduceLogSumExp: { build: onAxes('ReduceLogSumExp', [0, 2]) },
  ReduceProd: { build: onAxes('ReduceProd', [1], { keepdims: int(0) }) },
  'ReduceProd zeros': { build: onAxes('ReduceProd', [1], { keepdims: int(0) }), isCorner: true },
  Pow: { build: call('Pow') },
  'Pow square': { build: (graph, [a]) => graph.apply('Pow', [a!, graph.scalar(2, a!)]) },
  'Pow zeros': { build: call('Pow'), isCorner: true },
  Mod: { build: call('Mod', { fmod: int(1) }) },
  'Einsum product': { build: call('Einsum', { equation: text('ij,jk->ik') }) },
  'Einsum attention': { build: call('Einsum', { equation: text('bthd, bshd -> bhts') }) },
  'Einsum alone': { build: call('Einsum', { equation: text('ijk,j->ij') }) },
  'Einsum one': { build: call('Einsum', { equation: text('ijk->kj') }) },
  'Einsum three': { build: call('Einsum', { equation: text('ij,jk,kl->il') }) },
  GatherND: {
    build: (graph, [a]) => graph.apply('GatherND', [a!, integers(graph, [3, 2], [1, 0, 0, -1, -1, 0])]),
  },
  'GatherND rows': { build: (graph, [a]) => graph.apply('GatherND', [a!, integers(graph, [3, 1], [2, 0, 2])]) },
  ScatterND: { build: (graph, [a, b]) => graph.apply('ScatterND', [a!, integers(graph, [2, 1], [2, 0]), b!]) },
  'ScatterElements put': {
    build: (graph, [a, b]) =>
      graph.apply('ScatterElements', [a!, integers(graph, [2, 2], [0, 2, 1, 0]), b!], { axis: int(1) }),
  },
  Trilu: { build: call('Trilu') },
  'Trilu lower': {
    build: (graph, [a]) => graph.apply('Trilu', [a!, integers(graph, [], [-1])], { upper: int(0) }),
  },
  CumSum: { build: (graph, [a]) => graph.apply('CumSum', [a!, integers(graph, [], [1])]) },
  'CumSum exclusive': {
    build: (graph, [a]) => graph.apply('CumSum', [a!, integers(graph, [], [0])], { exclusive: int(1) }),
  },
  'CumSum reverse': {
    build: (graph, [a]) => graph.apply('CumSum', [a!, integers(graph, [], [-1])], { reverse: int(1) }),
  },
  Tile: { build: onAxes('Tile', [2, 3]) },
  TopK: { build: onAxes('TopK', [2], { axis: int(1) }) },
  'TopK smallest': { build: onAxes('TopK', [2], { axis: int(0), largest: int(0) }) },
  SimplifiedLayerNormalization: {
    build: call('SimplifiedLayerNormalization', { axis: int(-1), epsilon: { float: 1e-5 } }),
    types: ['float'],
  },
  'Gelu tanh': { build: call('Gelu', { approximate: text('tanh') }), types: ['float'] },
  Round: { build: (graph, [a]) => graph.apply('Mul', [graph.apply('Round', [a!]), a!]) },
  Ceil: { build: (graph, [a]) => graph.apply('Mul', [graph.apply('Ceil', [a!]), a!]) },
  GreaterOrEqual: { build: whereCompared('GreaterOrEqual') },
  LessOrEqual: { build: whereCompared('LessOrEqual') },
  And: { build: whereBoth('And') },
  Or: { build: whereBoth('Or') },
  Not: {
    build: (graph, [a, b]) => graph.apply('Where', [graph.apply('Not', [isPositive(graph, a!)]), a!, b!]),
  },
  ArgMax: {
    build: (graph, [a]) => {
      const at = graph.apply('ArgMax', [a!], { axis: int(1) });
      return graph.apply('GatherElements', [a!, at], { axis: int(1) });
    },
  },
  Range: {
    build: (graph, [a]) => {
      const [start, limit, delta] = [0, 3, 1].map((value) => integers(graph, [], [value]));
      return graph.apply('Mul', [a!, asNumber(graph, graph.apply('Range', [start!, limit!, delta!]), a!)]);
    },
  },
  ConstantOfShape: {
    build: (graph, [a]) => {
      const tensor = { type: 'float', shape: [1], data: Float32Array.of(1.5) } as const;
      const made = graph.apply('ConstantOfShape', [graph.ints([2, 1])], { value: { tensor } });
      return graph.apply('Mul', [a!, asNumber(graph, made, a!)]);
    },
  },
  Shape: {
    build: (graph, [a]) => {
      const sizes = asNumber(graph, graph.apply('Shape', [a!]), a!);
      return graph.apply('Mul', [a!, graph.apply('Add', [sizes, graph.constant(shift(a!))])]);
    },
  },
  'Softmax middle axis': { build: call('Softmax', { axis: int(1) }) },
  'LogSoftmax first axis': { build: call('LogSoftmax', { axis: int(0) }) },
  'CumSum empty': { build: (graph, [a]) => graph.apply('CumSum', [a!, integers(graph, [], [1])]), isCorner: true },
  'ReduceLogSumExp repeated': {
    build: (graph, [a]) =>
      graph.apply('ReduceLogSumExp', [graph.apply('Mul', [a!, a!]), graph.ints([1])], { keepdims: int(0) }),
  },
  Greater: { build: whereCompared('Greater') },
  'Greater broadcast': { build: whereCompared('Greater') },
  Less: { build: whereCompared('Less') },
  Equal: {
    build: (graph, [a, b]) => {
      const [left, right] = [a!, b!].map((value) => graph.apply('Sign', [value]));
      return graph.apply('Where', [graph.apply('Equal', [left!, right!]), a!, b!]);
    },
  },
  OneHot: {
    build: (graph, [a]) => {
      const made = graph.apply('OneHot', [
        integers(graph, [2], [2, 0]),
        integers(graph, [], [3]),
        graph.floats([2], [0, 1], a!),
      ]);
      return graph.apply('Mul', [a!, made]);
    },
    types: ['float'],
  },
};

/** From the shape [4, 2] to the factors 2 and 3. */
function shift({ type }: Value) {
  return type === 'double'
    ? ({ type, shape: [2], data: Float64Array.of(-2, 1) } as const)
    : ({ type: 'float', shape: [2], data: Float32Array.of(-2, 1) } as const);
}
