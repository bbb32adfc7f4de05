import type { Value } from '../value.ts';
import { blocks, derivedOf, type Recurrence, Sequence } from './sequence.ts';

/** What a position keeps for its gradient. */
interface Position {
  readonly gates: readonly [r: Value, z: Value, n: Value];
  /** r·(U h + b) of the new value; of the first position r·b. */
  readonly recalled: Value;
  /** The state before, less the new value; at the first position there is none. */
  readonly distance: Value | undefined;
  readonly state: Value;
}

/**
 * h' = n + z·(h − n), n = tanh(in + r·(U h + b)): PyTorch's form, gates in its order r, z, n. Back through time (Werbos, 1990) by hand: what a
 * gate's derivative needs is a product of the way there less itself times the gate, and weights' gradients are one product over all positions.
 */
export function gruOf(recurrence: Recurrence): Value {
  const { graph, hiddenWeight, inputBias, hiddenBias } = recurrence;
  const units = hiddenWeight.shape[0]!;
  const sequence = new Sequence(recurrence);
  const inputs = sequence.project(inputBias);
  const bias = graph.apply('Reshape', [hiddenBias, graph.ints([3 * units, 1])]);
  const op2 = (operator: string, a: Value, b: Value) => graph.apply(operator, [a, b]);
  const times = (a: Value, b: Value) => op2('Mul', a, b);

  const forward = (input: Value, before: Value | undefined): Position => {
    const hidden =
      before === undefined ? bias : graph.apply('Gemm', [hiddenWeight, before, bias], { transA: { int: 1 } });
    const [inputBoth, inputN] = blocks(graph, input, [2 * units, units]) as [Value, Value];
    const [hiddenBoth, hiddenN] = blocks(graph, hidden, [2 * units, units]) as [Value, Value];
    const both = graph.apply('Sigmoid', [op2('Add', inputBoth, hiddenBoth)]);
    const [r, z] = blocks(graph, both, [units, units]) as [Value, Value];
    const recalled = times(r, hiddenN);
    const n = graph.apply('Tanh', [op2('Add', inputN, recalled)]);
    if (before === undefined) {
      return { gates: [r, z, n], recalled, distance: undefined, state: op2('Sub', n, times(z, n)) };
    }
    const distance = times(z, op2('Sub', before, n));
    return { gates: [r, z, n], recalled, distance, state: op2('Add', n, distance) };
  };

  const made: Position[] = [];
  let before: Value | undefined;
  for (const at of sequence.order) {
    made[at] = forward(inputs[at]!, before);
    before = made[at]!.state;
  }
  const output = sequence.outputOf(made.map(({ state }) => state));
  return graph.withGradient(output, derivedOf(recurrence), (gradient) => {
    const less = (value: Value, gate: Value) => op2('Sub', value, times(value, gate));
    const arrived = sequence.gradientsOfStates(gradient);
    const [slopesOfN, slopes]: [Value[], Value[]] = [[], []];
    let after: { readonly slope: Value; readonly straight: Value } | undefined;
    for (const at of [...sequence.order].reverse()) {
      const { gates, recalled, distance, state } = made[at]!;
      const [r, z, n] = gates;
      const own = arrived[at];
      const back: Value | undefined =
        after === undefined ? undefined : graph.apply('Gemm', [hiddenWeight, after.slope, after.straight]);
      const slopeOfState = back === undefined ? own! : own === undefined ? back : op2('Add', back, own);
      const straight = times(slopeOfState, z);
      const open = op2('Sub', slopeOfState, straight);
      const slopeN = op2('Sub', open, times(open, times(n, n)));
      // z·(h − n)·(1 − z), where h is nothing at the first position: h' − n.
      const blended = distance ?? op2('Sub', state, n);
      const slopeZ = times(slopeOfState, less(blended, z));
      const slopeR = times(slopeN, less(recalled, r));
      const slope = graph.apply('Concat', [slopeR, slopeZ, times(slopeN, r)], { axis: { int: 0 } });
      slopes[at] = slope;
      slopesOfN[at] = slopeN;
      after = { slope, straight };
    }
    const hidden = sequence.beside(slopes);
    // The input meets the new value itself, the state what is recalled of it.
    const [both] = blocks(graph, hidden, [2 * units, units]) as [Value, Value];
    const input = graph.apply('Concat', [both, sequence.beside(slopesOfN)], { axis: { int: 0 } });
    return sequence.gradients(
      made.map(({ state }) => state),
      input,
      hidden,
    );
  });
}
