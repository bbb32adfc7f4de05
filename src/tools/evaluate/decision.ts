import type { GraphBuilder } from '../../onnx/graph-builder.ts';

/** How probabilities become a label; plain JSON. */
export type DecisionRule =
  /** Binary: class 1 where its probability is at least the threshold (a float32 number). */
  | { readonly kind: 'threshold'; readonly threshold: number }
  /** The class of the greatest probability × multiplier (float32 numbers); of equal ones the first. */
  | { readonly kind: 'multipliers'; readonly multipliers: readonly number[] };

/** The rule that nothing was chosen for: the more probable class. */
export function plainDecision(classCount: number): DecisionRule {
  return classCount === 2
    ? { kind: 'threshold', threshold: 0.5 }
    : { kind: 'multipliers', multipliers: new Array<number>(classCount).fill(1) };
}

/** Class index a row; `probabilities` is [rows] for a threshold, row-major [rows, classes] for multipliers. */
export function applyDecision(rule: DecisionRule, probabilities: Float64Array): Int32Array {
  if (rule.kind === 'threshold') {
    // In float32, as the graph compares.
    return Int32Array.from(probabilities, (p) => (Math.fround(p) >= rule.threshold ? 1 : 0));
  }
  const { multipliers } = rule;
  const classCount = multipliers.length;
  const out = new Int32Array(probabilities.length / classCount);
  for (let row = 0; row < out.length; row++) {
    let best = 0;
    let top = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classCount; k++) {
      const value = Math.fround(Math.fround(probabilities[row * classCount + k]!) * multipliers[k]!);
      if (value > top) {
        top = value;
        best = k;
      }
    }
    out[row] = best;
  }
  return out;
}

/** Adds the rule to the graph: float32 [N, 1] or [N, classes] in, int64 [N] class index out. */
export function decisionToGraph(graph: GraphBuilder, rule: DecisionRule, probabilities: string): string {
  if (rule.kind === 'threshold') {
    const reached = graph.node('GreaterOrEqual', [probabilities, graph.floats([rule.threshold], [1, 1])]);
    const label = graph.node('Cast', [reached], { attributes: { to: { int: 7 } } });
    return graph.node('Reshape', [label, graph.ints([-1])]);
  }
  const { multipliers } = rule;
  const plain = multipliers.every((multiplier) => multiplier === 1);
  const scores = plain
    ? probabilities
    : graph.node('Mul', [probabilities, graph.floats(multipliers, [1, multipliers.length])]);
  return graph.node('ArgMax', [scores], { attributes: { axis: { int: 1 }, keepdims: { int: 0 } } });
}
