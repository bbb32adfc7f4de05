import type { Graph } from '../graph.ts';
import type { Value } from '../value.ts';

/**
 * x·Φ(x) with Φ(x) = ½ + ½·erf(x/√2), the error function being kept for the gradient: g·(Φ(x) + x·φ(x)).
 * `HardSigmoid` is ½·e + ½ in one pass: the error function stays within its bounds.
 */
export function geluOf(graph: Graph, x: Value): Value {
  const scaled = graph.apply('Mul', [x, graph.scalar(Math.SQRT1_2, x)]);
  const half = { alpha: { float: 0.5 }, beta: { float: 0.5 } };
  const cumulative = graph.apply('HardSigmoid', [graph.apply('Erf', [scaled])], half);
  const output = graph.apply('Mul', [x, cumulative]);
  return graph.withGradient(output, [x], (gradient) => {
    // The density's factor 1/√(2π) as a summand of the exponent.
    const factor = graph.scalar(-0.5 * Math.log(2 * Math.PI), x);
    const density = graph.apply('Exp', [graph.apply('Sub', [factor, graph.apply('Mul', [scaled, scaled])])]);
    const slope = graph.apply('Add', [graph.apply('Mul', [x, density]), cumulative]);
    return [graph.apply('Mul', [gradient, slope])];
  });
}
