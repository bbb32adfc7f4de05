import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Attributes } from '../../../../src/backends/onnx/autodiff/value.ts';
import type { OperatorCase } from './operator-case.ts';

const int = (value: number) => ({ int: value });

const call =
  (operator: string, attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, inputs) =>
    graph.apply(operator, inputs, attributes);

const onAxes =
  (operator: string, axes: readonly number[], attributes: Attributes = {}): OperatorCase['build'] =>
  (graph, [x]) =>
    graph.apply(operator, [x!, graph.ints(axes)], attributes);

const twice =
  (operator: string): OperatorCase['build'] =>
  (graph, [x]) =>
    graph.apply(operator, [x!, x!]);

const ids = (graph: Graph) => graph.constant({ type: 'int64', shape: [4], data: BigInt64Array.of(2n, 0n, 2n, 1n) });

/** Cases by the names that the fixture has. Relative tolerances: to PyTorch 2e-6 (float) and 1e-8 (double); to finite
 * differences 5e-3 and 1e-7. */
export const operatorCases: Readonly<Record<string, OperatorCase>> = {
  Add: { build: call('Add') },
  'Add broadcast': { build: call('Add') },
  'Add broadcast inside': { build: call('Add') },
  'Add scalar': { build: call('Add') },
  'Add repeated': { build: twice('Add') },
  Sub: { build: call('Sub') },
  Mul: { build: call('Mul') },
  'Mul repeated': { build: twice('Mul') },
  Div: { build: call('Div') },
  'Div repeated': { build: (graph, [a]) => graph.apply('Div', [a!, graph.apply('Mul', [a!, a!])]) },
  Max: { build: call('Max') },
  Min: { build: call('Min') },
  Where: {
    build: (graph, [a, b]) =>
      graph.apply('Where', [graph.apply('Greater', [a!, b!]), a!, graph.apply('Add', [b!, b!])]),
  },
  Neg: { build: call('Neg') },
  Exp: { build: call('Exp') },
  Log: { build: call('Log') },
  Sqrt: { build: call('Sqrt') },
  Reciprocal: { build: call('Reciprocal') },
  Abs: { build: call('Abs') },
  Sin: { build: call('Sin') },
  Cos: { build: call('Cos'), types: ['float'] },
  Identity: { build: call('Identity') },
  Sign: { build: (graph, [a]) => graph.apply('Mul', [graph.apply('Sign', [a!]), a!]) },
  Floor: { build: (graph, [a]) => graph.apply('Mul', [graph.apply('Floor', [a!]), a!]) },
  Relu: { build: call('Relu') },
  LeakyRelu: { build: call('LeakyRelu', { alpha: { float: 0.125 } }), types: ['float'] },
  HardSigmoid: { build: call('HardSigmoid'), types: ['float'] },
  Sigmoid: { build: call('Sigmoid') },
  Tanh: { build: call('Tanh') },
  Softplus: { build: call('Softplus'), types: ['float'] },
  Erf: { build: call('Erf'), types: ['float'] },
  Gelu: { build: call('Gelu'), types: ['float'] },
  Softmax: { build: call('Softmax', { axis: int(-1) }) },
  'Softmax first axis': { build: call('Softmax', { axis: int(0) }) },
  LogSoftmax: { build: call('LogSoftmax', { axis: int(-1) }) },
  LayerNormalization: {
    build: call('LayerNormalization', { axis: int(-1), epsilon: { float: 1e-5 } }),
    types: ['float'],
  },
  MatMul: { build: call('MatMul') },
  'MatMul stack': { build: call('MatMul') },
  'MatMul vector': { build: call('MatMul') },
  'MatMul broadcast': { build: call('MatMul') },
  'MatMul repeated': { build: twice('MatMul') },
  FusedMatMul: {
    build: call('FusedMatMul', { transA: int(1), transB: int(1), alpha: { float: 0.5 } }),
    types: ['float'],
  },
  'FusedMatMul left': { build: call('FusedMatMul', { transA: int(1) }), types: ['float'] },
  'FusedMatMul right': { build: call('FusedMatMul', { transB: int(1) }), types: ['float'] },
  Gemm: { build: call('Gemm') },
  'Gemm transposed': {
    build: call('Gemm', { transA: int(1), transB: int(1), alpha: { float: 0.5 }, beta: { float: 2 } }),
  },
  'Gemm left': { build: call('Gemm', { transA: int(1) }) },
  'Gemm right': { build: call('Gemm', { transB: int(1) }) },
  ReduceSum: { build: onAxes('ReduceSum', [1], { keepdims: int(0) }) },
  'ReduceSum all': { build: call('ReduceSum', { keepdims: int(0) }) },
  'ReduceSum kept': { build: onAxes('ReduceSum', [0, -1]) },
  ReduceMean: { build: onAxes('ReduceMean', [0], { keepdims: int(0) }) },
  ReduceSumSquare: { build: onAxes('ReduceSumSquare', [1], { keepdims: int(0) }) },
  ReduceMax: { build: onAxes('ReduceMax', [1], { keepdims: int(0) }) },
  'ReduceMax ties': { build: onAxes('ReduceMax', [1], { keepdims: int(0) }), isCorner: true },
  Reshape: {
    build: (graph, [a]) => graph.apply('Mul', [graph.apply('Reshape', [a!, graph.ints([3, -1])]), graph.scalar(2, a!)]),
  },
  Squeeze: { build: onAxes('Squeeze', [1]) },
  Unsqueeze: { build: onAxes('Unsqueeze', [1, -1]) },
  Transpose: { build: call('Transpose', { perm: { ints: [2, 0, 1] } }) },
  Expand: { build: onAxes('Expand', [2, 4, 3]) },
  Concat: { build: (graph, [a, b]) => graph.apply('Concat', [a!, b!, a!], { axis: int(1) }) },
  Split: {
    build: (graph, [a]) => {
      const [left, right] = graph.applyAll('Split', [a!, graph.ints([1, 2])], { axis: int(1) });
      return graph.apply('Mul', [left!, right!]);
    },
  },
  Slice: {
    build: (graph, [a]) => graph.apply('Slice', [a!, graph.ints([1, -3]), graph.ints([99, 3]), graph.ints([0, 1])]),
  },
  Pad: { build: onAxes('Pad', [0, 1, 1, 2]) },
  Gather: { build: (graph, [a]) => graph.apply('Gather', [a!, ids(graph)], { axis: int(0) }) },
  'Gather second axis': { build: (graph, [a]) => graph.apply('Gather', [a!, ids(graph)], { axis: int(1) }) },
  GatherElements: {
    build: (graph, [a]) => {
      const indices = graph.constant({ type: 'int64', shape: [2, 2], data: BigInt64Array.of(0n, 0n, 2n, 1n) });
      return graph.apply('GatherElements', [a!, indices], { axis: int(1) });
    },
  },
  ScatterElements: {
    build: (graph, [a, b]) => {
      const data = BigInt64Array.of(0n, 1n, 0n, 0n, 1n, 2n);
      const indices = graph.constant({ type: 'int64', shape: [2, 3], data });
      return graph.apply('ScatterElements', [a!, indices, b!], { axis: int(0), reduction: { string: 'add' } });
    },
  },
  Cast: {
    build: (graph, [a]) => {
      const there = graph.apply('Cast', [a!], { to: int(a!.type === 'double' ? 1 : 11) });
      return graph.apply('Cast', [there], { to: int(a!.type === 'double' ? 11 : 1) });
    },
    types: ['float'],
  },
  'Max empty': { build: call('Max'), isCorner: true },
  'Add empty broadcast': { build: call('Add'), isCorner: true },
};
