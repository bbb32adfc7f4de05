import { elementwise, type GradientContext } from '../operator.ts';
import type { Value } from '../value.ts';

type Context = GradientContext & { readonly x: Value };

/** Φ(x) + x·φ(x), with the density's factor 1/√(2π) as a summand of the exponent. */
function exactSlope({ graph, x }: Context): Value {
  const erf = graph.apply('Erf', [graph.apply('Mul', [x, graph.scalar(Math.SQRT1_2, x)])]);
  const half = graph.scalar(0.5, x);
  const cumulative = graph.apply('Add', [graph.apply('Mul', [erf, half]), half]);
  const square = graph.apply('Mul', [graph.apply('Mul', [x, x]), half]);
  const density = graph.apply('Exp', [graph.apply('Sub', [graph.scalar(-0.5 * Math.log(2 * Math.PI), x), square])]);
  return graph.apply('Add', [cumulative, graph.apply('Mul', [x, density])]);
}

/** With t = tanh(√(2/π)·(x + 0.044715·x³)): ½(1 + t) + ½x(1 − t²)·√(2/π)·(1 + 0.134145·x²). */
function tanhSlope({ graph, x }: Context): Value {
  const root = Math.sqrt(2 / Math.PI);
  const number = (value: number) => graph.scalar(value, x);
  const times = (a: Value, b: Value) => graph.apply('Mul', [a, b]);
  const plus = (a: Value, b: Value) => graph.apply('Add', [a, b]);
  const square = times(x, x);
  const inner = times(x, plus(times(square, number(0.044715 * root)), number(root)));
  const t = graph.apply('Tanh', [inner]);
  const rise = times(plus(times(square, number(3 * 0.044715 * root)), number(root)), x);
  const bend = times(graph.apply('Sub', [number(1), times(t, t)]), rise);
  return times(plus(plus(t, number(1)), bend), number(0.5));
}

/** x·Φ(x), by the error function or by its approximation with tanh. */
export const gelu = elementwise('Gelu', (context) => {
  const { graph, gradient, attributes } = context;
  const { approximate } = attributes;
  const isTanh = approximate !== undefined && 'string' in approximate && approximate.string === 'tanh';
  return graph.apply('Mul', [gradient, isTanh ? tanhSlope(context) : exactSlope(context)]);
});
