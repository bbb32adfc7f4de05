import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { type Calibration, sigmoidPieces, tiniest } from './calibration.ts';

/** Adds a calibration to the graph: float32 [N, 1] or [N, classes] in, the same shape out; computed in double. */
export function calibrationToGraph(graph: GraphBuilder, calibration: Calibration, value: string): string {
  if (calibration.kind === 'none') return value;
  const double = (data: readonly number[]) =>
    graph.constant({ type: 'double', shape: [1, data.length], data: Float64Array.from(data) });
  const cast = (from: string, to: 1 | 11) => graph.node('Cast', [from], { attributes: { to: { int: to } } });
  const p = cast(value, 11);
  if (calibration.kind === 'temperature') {
    const logs = graph.node('Log', [graph.node('Max', [p, double([tiniest])])]);
    const scaled = graph.node('Mul', [logs, double([calibration.exponent])]);
    return cast(graph.node('Softmax', [scaled], { attributes: { axis: { int: 1 } } }), 1);
  }
  if (calibration.kind === 'isotonic') {
    const { x, y } = calibration;
    if (x.length === 1) return cast(graph.node('Add', [graph.node('Mul', [p, double([0])]), double([y[0]!])]), 1);
    // y₀ plus, for each piece, its slope times how far p reaches into it.
    const widths = x.slice(1).map((knot, i) => knot - x[i]!);
    const slopes = widths.map((width, i) => (y[i + 1]! - y[i]!) / width);
    const reach = graph.node('Sub', [p, double(x.slice(0, -1))]);
    const within = graph.node('Min', [graph.node('Max', [reach, double([0])]), double(widths)]);
    const column = graph.constant({ type: 'double', shape: [slopes.length, 1], data: Float64Array.from(slopes) });
    return cast(graph.node('Add', [graph.node('MatMul', [within, column]), double([y[0]!])]), 1);
  }
  const { edge, lowSlope, highSlope } = sigmoidPieces(calibration);
  const kept = graph.node('Min', [graph.node('Max', [p, double([edge])]), double([1 - edge])]);
  const odds = graph.node('Div', [kept, graph.node('Sub', [double([1]), kept])]);
  const eta = graph.node('Add', [
    graph.node('Mul', [graph.node('Log', [odds]), double([calibration.slope])]),
    double([calibration.offset]),
  ]);
  const inside = graph.node('Sigmoid', [eta]);
  if (lowSlope === 0 && highSlope === 0) return cast(inside, 1);
  const beyond = graph.node('Sub', [p, kept]);
  const low = graph.node('Mul', [graph.node('Min', [beyond, double([0])]), double([lowSlope])]);
  const high = graph.node('Mul', [graph.node('Max', [beyond, double([0])]), double([highSlope])]);
  return cast(graph.node('Add', [inside, graph.node('Add', [low, high])]), 1);
}
