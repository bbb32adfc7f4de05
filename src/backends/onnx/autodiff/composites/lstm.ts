import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';
import { blocks, derivedOf, type Recurrence, Sequence } from './sequence.ts';

/** What a position keeps for its gradient: gates after their activations, and products of the way. */
interface Position {
  readonly gates: readonly [i: Value, f: Value, g: Value, o: Value];
  readonly added: Value;
  /** What is left of the memory before; none at the first position. */
  readonly kept: Value | undefined;
  readonly bounded: Value;
  readonly state: Value;
  readonly memory: Value;
}

function forward(graph: Graph, input: Value, weight: Value, before: Position | undefined): Position {
  const [op2, op1] = [pair(graph), single(graph)];
  const units = weight.shape[0]!;
  const all = before === undefined ? input : graph.apply('Gemm', [weight, before.state, input], { transA: { int: 1 } });
  const [rawI, rawF, rawG, rawO] = blocks(graph, all, [units, units, units, units]) as [Value, Value, Value, Value];
  const [i, f, g, o] = [op1('Sigmoid', rawI), op1('Sigmoid', rawF), op1('Tanh', rawG), op1('Sigmoid', rawO)];
  const added = op2('Mul', i, g);
  const kept = before === undefined ? undefined : op2('Mul', f, before.memory);
  const memory = kept === undefined ? added : op2('Add', kept, added);
  const bounded = op1('Tanh', memory);
  return { gates: [i, f, g, o], added, kept, bounded, state: op2('Mul', o, bounded), memory };
}

/**
 * c' = f·c + i·g, h' = o·tanh(c'), the gates of PyTorch's order i, f, g, o. Back through time (Werbos, 1990) by hand: what a gate's derivative
 * needs is a product of the way there less itself times the gate, i·g·(1 − i) = i·g − i·g·i, and weights' gradients are one product over all positions.
 */
export function lstmOf(recurrence: Recurrence): Value {
  const { graph, hiddenWeight, inputBias, hiddenBias } = recurrence;
  const sequence = new Sequence(recurrence);
  const inputs = sequence.project(graph.apply('Add', [inputBias, hiddenBias]));
  const made: Position[] = [];
  let before: Position | undefined;
  for (const at of sequence.order) {
    before = forward(graph, inputs[at]!, hiddenWeight, before);
    made[at] = before;
  }
  const output = sequence.outputOf(made.map(({ state }) => state));
  return graph.withGradient(output, derivedOf(recurrence), (gradient) => {
    const op2 = pair(graph);
    const times = (a: Value, b: Value) => op2('Mul', a, b);
    const less = (value: Value, gate: Value) => op2('Sub', value, times(value, gate));
    const arrived = sequence.gradientsOfStates(gradient);
    const [first] = made;
    const nothing = graph.full(first!.state.shape, 0, first!.state);
    const slopes: Value[] = [];
    let after: { readonly slope: Value; readonly memory: Value; readonly forget: Value } | undefined;
    for (const at of [...sequence.order].reverse()) {
      const { gates, added, kept, bounded, state } = made[at]!;
      const [i, f, g, o] = gates;
      const own = arrived[at];
      const slopeOfState: Value =
        after === undefined
          ? own!
          : graph.apply('Gemm', [hiddenWeight, after.slope, ...(own === undefined ? [] : [own])]);
      // o·(1 − tanh²) = o − h·tanh.
      const through = times(slopeOfState, op2('Sub', o, times(state, bounded)));
      const memory: Value = after === undefined ? through : op2('Add', through, times(after.memory, after.forget));
      const parts = [
        times(memory, less(added, i)),
        kept === undefined ? nothing : times(memory, less(kept, f)),
        times(memory, op2('Sub', i, times(added, g))),
        times(slopeOfState, less(state, o)),
      ];
      const slope = graph.apply('Concat', parts, { axis: { int: 0 } });
      slopes[at] = slope;
      after = { slope, memory, forget: f };
    }
    const all = sequence.beside(slopes);
    return sequence.gradients(
      made.map(({ state }) => state),
      all,
      all,
    );
  });
}

const pair = (graph: Graph) => (operator: string, a: Value, b: Value) => graph.apply(operator, [a, b]);
const single = (graph: Graph) => (operator: string, x: Value) => graph.apply(operator, [x]);
