import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/**
 * Batch normalisation of the columns of a matrix [rows, C] by their own statistics. Means are products with ones, which
 * are ten times as fast as a reduction over the first axis.
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
  const [rows, width] = x.shape as [number, number];
  const op2 = (operator: string, a: Value, b: Value) => graph.apply(operator, [a, b]);
  const sum = (value: Value, weight: number) => op2('MatMul', graph.full([1, rows], weight, x), value);
  const vector = (row: Value) => graph.apply('Reshape', [row, graph.ints([width])]);
  const mean = sum(x, 1 / rows);
  const centred = op2('Sub', x, mean);
  const variance = sum(op2('Mul', centred, centred), 1 / rows);
  const spread = op2('Add', variance, graph.scalar(epsilon, x));
  const root = graph.apply('Sqrt', [spread]);
  const factor = op2('Div', scale, root);
  const output = op2('Add', op2('Mul', centred, factor), shift);
  const y = graph.withGradient(output, [x, scale, shift], (gradient) => {
    const own = sum(gradient, 1);
    const along = sum(op2('Mul', gradient, centred), 1);
    const share = graph.scalar(1 / rows, x);
    const bend = op2('Div', op2('Mul', along, share), spread);
    const rest = op2('Sub', op2('Sub', gradient, op2('Mul', centred, bend)), op2('Mul', own, share));
    return [op2('Mul', rest, factor), vector(op2('Div', along, root)), vector(own)];
  });
  return { y, mean: vector(mean), variance: vector(variance) };
}
