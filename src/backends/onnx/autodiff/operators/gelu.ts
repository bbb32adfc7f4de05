import { elementwise, unfit } from '../operator.ts';

/** x·Φ(x) by the error function: g·(Φ(x) + x·φ(x)). */
export const gelu = elementwise('Gelu', ({ graph, gradient, x, attributes }) => {
  const { approximate } = attributes;
  if (approximate !== undefined && 'string' in approximate && approximate.string !== 'none') {
    throw unfit('Gelu', `expected approximate to be none, got ${approximate.string}`);
  }
  const erf = graph.apply('Erf', [graph.apply('Mul', [x, graph.scalar(Math.SQRT1_2, x)])]);
  const half = graph.scalar(0.5, x);
  const cumulative = graph.apply('Add', [graph.apply('Mul', [erf, half]), half]);
  const square = graph.apply('Mul', [graph.apply('Mul', [x, x]), half]);
  // The density's factor 1/√(2π), as a summand of the exponent.
  const density = graph.apply('Exp', [graph.apply('Sub', [graph.scalar(-0.5 * Math.log(2 * Math.PI), x), square])]);
  return graph.apply('Mul', [gradient, graph.apply('Add', [cumulative, graph.apply('Mul', [x, density])])]);
});
