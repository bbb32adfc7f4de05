import type { GruLayer, LstmLayer } from '../../network/layers/recurrent.ts';
import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';
import type { LayerContext, Lower } from './layer-context.ts';

/** One position: from what comes in and the state before (none at the first) to the state after it. */
type Cell<S> = (input: Value, before: S | undefined) => S;

/**
 * Runs a cell along a sequence, one position after another in the graph, so that it is derived operator by operator. What
 * comes in is multiplied for all positions at once.
 */
function unroll<S>(
  { graph, inputs: [x], parameter }: LayerContext,
  { units, sequences = true, reverse = false }: GruLayer | LstmLayer,
  cell: Cell<S>,
  outputOf: (state: S) => Value,
): Value {
  const [, positions, width] = x!.shape as [number, number, number];
  const first = graph.apply('Transpose', [x!], { perm: { ints: [1, 0, 2] } });
  const rows = graph.apply('Reshape', [first, graph.ints([-1, width])]);
  const gates = graph.apply('Gemm', [rows, parameter('input-weight'), parameter('input-bias')]);
  const wide = graph.apply('Reshape', [gates, graph.ints([positions, -1, gates.shape[1]!])]);
  const steps = graph.applyAll('Split', [wide, graph.ints(Array.from({ length: positions }, () => 1))], {
    axis: { int: 0 },
  });
  const order = reverse ? [...steps.keys()].reverse() : [...steps.keys()];
  const outputs: Value[] = [];
  let state: S | undefined;
  for (const at of order) {
    state = cell(graph.apply('Reshape', [steps[at]!, graph.ints([-1, gates.shape[1]!])]), state);
    outputs[at] = outputOf(state);
  }
  if (!sequences) return outputOf(state!);
  const rowsOut = outputs.map((output) => graph.apply('Reshape', [output, graph.ints([-1, 1, units])]));
  return graph.apply('Concat', rowsOut, { axis: { int: 1 } });
}

function split(graph: Graph, value: Value, parts: number): readonly Value[] {
  const size = value.shape.at(-1)! / parts;
  return graph.applyAll('Split', [value, graph.ints(Array.from({ length: parts }, () => size))], { axis: { int: -1 } });
}

/** h' = n + z·(h − n), n = tanh(in + r·(U h + b)): PyTorch's form. */
export const lowerGru: Lower<GruLayer> = (context, layer) => {
  const { graph, parameter } = context;
  const [op2, op1] = [binary(graph), unary(graph)];
  const bias = parameter('hidden-bias');
  const cell: Cell<Value> = (input, before) => {
    const [inputR, inputZ, inputN] = split(graph, input, 3);
    const hidden = before === undefined ? bias : graph.apply('Gemm', [before, parameter('hidden-weight'), bias]);
    const [hiddenR, hiddenZ, hiddenN] = split(graph, hidden, 3);
    const reset = op1('Sigmoid', op2('Add', inputR!, hiddenR!));
    const update = op1('Sigmoid', op2('Add', inputZ!, hiddenZ!));
    const fresh = op1('Tanh', op2('Add', inputN!, op2('Mul', reset, hiddenN!)));
    if (before === undefined) return op2('Sub', fresh, op2('Mul', update, fresh));
    return op2('Add', fresh, op2('Mul', update, op2('Sub', before, fresh)));
  };
  return unroll(context, layer, cell, (state) => state);
};

/** c' = f·c + i·g, h' = o·tanh(c'). */
export const lowerLstm: Lower<LstmLayer> = (context, layer) => {
  const { graph, parameter } = context;
  const [op2, op1] = [binary(graph), unary(graph)];
  const bias = parameter('hidden-bias');
  const cell: Cell<readonly [output: Value, memory: Value]> = (input, before) => {
    const hidden = before === undefined ? bias : graph.apply('Gemm', [before[0], parameter('hidden-weight'), bias]);
    const [i, f, g, o] = split(graph, op2('Add', input, hidden), 4);
    const added = op2('Mul', op1('Sigmoid', i!), op1('Tanh', g!));
    const memory = before === undefined ? added : op2('Add', op2('Mul', op1('Sigmoid', f!), before[1]), added);
    return [op2('Mul', op1('Sigmoid', o!), op1('Tanh', memory)), memory];
  };
  return unroll(context, layer, cell, ([output]) => output);
};

const binary = (graph: Graph) => (operator: string, a: Value, b: Value) => graph.apply(operator, [a, b]);
const unary = (graph: Graph) => (operator: string, x: Value) => graph.apply(operator, [x]);
