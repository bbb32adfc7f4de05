import type { GraphOperations } from './operator.ts';
import type { Value } from './value.ts';

/** A linear map of one axis as a matrix [outputs, inputs], by rows. */
export interface AxisMap {
  readonly outputs: number;
  readonly inputs: number;
  readonly weights: Float64Array;
}

/** A map of one axis from the inputs, with their weights, that each output is made of. */
export function axisMap(
  outputs: number,
  inputs: number,
  partsOf: (output: number) => readonly (readonly [input: number, weight: number])[],
): AxisMap {
  const weights = new Float64Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    for (const [input, weight] of partsOf(output)) weights[output * inputs + input]! += weight;
  }
  return { outputs, inputs, weights };
}

/** What goes back through linear maps of axes (resizing, padding): the product with each map's matrix. */
export function backThrough(graph: GraphOperations, gradient: Value, maps: readonly (AxisMap | undefined)[]): Value {
  const rank = gradient.shape.length;
  return maps.reduce((value, map, axis) => {
    if (map === undefined) return value;
    const { outputs, inputs, weights } = map;
    const matrix = graph.floats([outputs, inputs], weights, value);
    const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis];
    const isLast = axis === rank - 1;
    const front = isLast ? value : graph.apply('Transpose', [value], { perm: { ints: order } });
    const mapped = graph.apply('MatMul', [front, matrix]);
    if (isLast) return mapped;
    return graph.apply('Transpose', [mapped], { perm: { ints: order.map((_, i) => order.indexOf(i)) } });
  }, gradient);
}
