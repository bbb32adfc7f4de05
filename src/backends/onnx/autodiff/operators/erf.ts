import { elementwise } from '../operator.ts';

/** The error function: g · 2/√π · e^(−x²), the factor inside the exponent to save a pass. */
export const erf = elementwise('Erf', ({ graph, gradient, x }) => {
  const exponent = graph.apply('Sub', [graph.scalar(Math.log(2 / Math.sqrt(Math.PI)), x), graph.apply('Mul', [x, x])]);
  return graph.apply('Mul', [gradient, graph.apply('Exp', [exponent])]);
});
