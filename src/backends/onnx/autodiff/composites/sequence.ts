import type { Graph } from '../graph.ts';
import { product } from '../product.ts';
import type { Value } from '../value.ts';

/** What a recurrent layer is made from; a weight has its gates one behind the other, `units` columns each. */
export interface Recurrence {
  readonly graph: Graph;
  /** [batch, positions, width]. */
  readonly x: Value;
  /** [width, gates·units]. */
  readonly inputWeight: Value;
  /** [units, gates·units]. */
  readonly hiddenWeight: Value;
  /** [gates·units]. */
  readonly inputBias: Value;
  /** [gates·units]. */
  readonly hiddenBias: Value;
  /** Whether the state after each position is given, [batch, positions, units], or that after the last alone, [batch, units]. */
  readonly sequences: boolean;
  /** Whether it is read from its end. */
  readonly reverse: boolean;
}

/** What a recurrent layer is derived with regard to, in this order. */
export const derivedOf = (recurrence: Recurrence): readonly Value[] => {
  const { x, inputWeight, hiddenWeight, inputBias, hiddenBias } = recurrence;
  return [x, inputWeight, hiddenWeight, inputBias, hiddenBias];
};

/**
 * A sequence that is worked through position by position. Values of a position are [features, batch]: so each gate is a block of rows, which is
 * taken out and put back by copying it as a whole.
 */
export class Sequence {
  readonly #recurrence: Recurrence;
  readonly #positions: number;
  readonly #width: number;
  /** Numbers of the positions in the order in which they are read. */
  readonly order: readonly number[];

  constructor(recurrence: Recurrence) {
    const [, positions, width] = recurrence.x.shape as [number, number, number];
    this.#recurrence = recurrence;
    this.#positions = positions;
    this.#width = width;
    const all = Array.from({ length: positions }, (_, at) => at);
    this.order = recurrence.reverse ? all.reverse() : all;
  }

  /** What comes in, times its weights, with a bias [gates·units]: one matrix [gates·units, batch] a position, in their own order. */
  project(bias: Value): readonly Value[] {
    const { graph, x, inputWeight } = this.#recurrence;
    const gates = bias.shape[0]!;
    const columns = graph.apply('Transpose', [x], { perm: { ints: [1, 2, 0] } });
    const turned = graph.apply('Transpose', [inputWeight], { perm: { ints: [1, 0] } });
    const column = graph.apply('Reshape', [bias, graph.ints([gates, 1])]);
    return this.#apart(graph.apply('Add', [graph.apply('MatMul', [turned, columns]), column]), gates);
  }

  /** The layer's output, of the states [units, batch] after each position. */
  outputOf(states: readonly Value[]): Value {
    const { graph, sequences } = this.#recurrence;
    const last = states[this.order.at(-1)!]!;
    if (!sequences) return graph.apply('Transpose', [last], { perm: { ints: [1, 0] } });
    const rows = graph.apply('Concat', states, { axis: { int: 0 } });
    const wide = graph.apply('Reshape', [rows, graph.ints([this.#positions, last.shape[0]!, -1])]);
    return graph.apply('Transpose', [wide], { perm: { ints: [2, 0, 1] } });
  }

  /** The gradient of each state [units, batch] by that of the output; undefined where the output has none of it. */
  gradientsOfStates(gradient: Value): readonly (Value | undefined)[] {
    const { graph, sequences } = this.#recurrence;
    if (sequences) {
      return this.#apart(graph.apply('Transpose', [gradient], { perm: { ints: [1, 2, 0] } }), gradient.shape[2]!);
    }
    const made: (Value | undefined)[] = Array.from({ length: this.#positions }, () => undefined);
    made[this.order.at(-1)!] = graph.apply('Transpose', [gradient], { perm: { ints: [1, 0] } });
    return made;
  }

  /**
   * The gradients of {@link derivedOf}, all positions at once: each a product over [.., positions·batch].
   *
   * @param states those after each position.
   * @param input the gradient of what comes from the input, [gates·units, positions·batch].
   * @param hidden the gradient of what comes from the state before.
   */
  gradients(states: readonly Value[], input: Value, hidden: Value): readonly Value[] {
    const { graph, x, inputWeight, reverse } = this.#recurrence;
    const first = states[0]!;
    const befores = states.map((_, at) => states[at + (reverse ? 1 : -1)] ?? graph.full(first.shape, 0, first));
    const sumOfColumns = (value: Value) => graph.apply('ReduceSum', [value, graph.ints([1])], { keepdims: { int: 0 } });
    const features = graph.apply('Transpose', [x], { perm: { ints: [2, 1, 0] } });
    const flat = graph.apply('Reshape', [features, graph.ints([this.#width, -1])]);
    const back = graph.apply('Reshape', [
      product(graph, inputWeight, input),
      graph.ints([this.#width, this.#positions, -1]),
    ]);
    return [
      graph.apply('Transpose', [back], { perm: { ints: [2, 1, 0] } }),
      product(graph, flat, input, { transB: true }),
      product(graph, this.beside(befores), hidden, { transB: true }),
      sumOfColumns(input),
      sumOfColumns(hidden),
    ];
  }

  /** Matrices of all positions [rows, batch] as one, [rows, positions·batch]. */
  beside(values: readonly Value[]): Value {
    return this.#recurrence.graph.apply('Concat', values, { axis: { int: 1 } });
  }

  /** [positions, rows, batch] as a matrix [rows, batch] for each position. */
  #apart(value: Value, rows: number): readonly Value[] {
    const { graph } = this.#recurrence;
    const all = graph.apply('Reshape', [value, graph.ints([this.#positions * rows, -1])]);
    return blocks(graph, all, new Array<number>(this.#positions).fill(rows));
  }
}

/** Blocks of rows of a matrix. */
export function blocks(graph: Graph, matrix: Value, rows: readonly number[]): readonly Value[] {
  return rows.length === 1 ? [matrix] : graph.applyAll('Split', [matrix, graph.ints(rows)], { axis: { int: 0 } });
}
