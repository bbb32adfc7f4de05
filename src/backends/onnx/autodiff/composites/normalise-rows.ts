import type { Graph } from '../graph.ts';
import { sumRows } from '../sum-rows.ts';
import type { Value } from '../value.ts';

/**
 * Batch normalisation of the columns of a matrix [rows, C] by their own statistics.
 *
 * With d = √(variance + ε) and c = x − mean, dx = scale/d·(g − mean(g) − c·mean(g·c)/d²): five passes over the values, where the
 * gradients of its nodes would be eleven.
 */
export function normaliseRows(
  graph: Graph,
  x: Value,
  scale: Value,
  shift: Value,
  epsilon: number,
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const rows = x.shape[0]!;
  const op2 = (operator: string, a: Value, b: Value) => graph.apply(operator, [a, b]);
  const mean = sumRows(graph, x, 1 / rows);
  const centred = op2('Sub', x, mean);
  const variance = sumRows(graph, op2('Mul', centred, centred), 1 / rows);
  const spread = op2('Add', variance, graph.scalar(epsilon, x));
  const root = graph.apply('Sqrt', [spread]);
  const factor = op2('Div', scale, root);
  const output = op2('Add', op2('Mul', centred, factor), shift);
  const y = graph.withGradient(output, [x, scale, shift], (gradient) => {
    const own = sumRows(graph, gradient);
    const along = sumRows(graph, op2('Mul', gradient, centred));
    const share = graph.scalar(1 / rows, x);
    const bend = op2('Div', op2('Mul', along, share), spread);
    const rest = op2('Sub', op2('Sub', gradient, op2('Mul', centred, bend)), op2('Mul', own, share));
    return [op2('Mul', rest, factor), op2('Div', along, root), own];
  });
  return { y, mean, variance };
}
