import { createRandom } from '../../../core/helpers/random.ts';
import type { Graph } from '../autodiff/graph.ts';
import { sizeOf } from '../autodiff/shapes.ts';
import type { Value } from '../autodiff/value.ts';

/**
 * Zeroes a share of the values and scales up the rest.
 *
 * The mask is made in the graph from one random integer a row and one a column: their product modulo 2³² is uniform,
 * and independent within each row and each column (multiplicative hashing: Dietzfelbinger et al., 1997). So the host
 * draws a few hundred numbers a step, not one a value, and the same step has the same mask when it is repeated.
 */
export function dropOut(
  graph: Graph,
  x: Value,
  rate: number,
  random: (type: 'rows' | 'columns', count: number) => Value,
): Value {
  // The last axis as columns: so the host's numbers are few beside the values.
  const columns = x.shape.at(-1)!;
  const rows = sizeOf(x.shape) / columns;
  const hash = graph.apply('Mul', [random('rows', rows), random('columns', columns)]);
  const uniform = graph.apply('Cast', [hash], { to: { int: 1 } });
  // From −2³¹ to 2³¹: kept where it is above the threshold; the steps between floats there are wider than 1.
  const threshold = (rate - 0.5) * 4294967296;
  const mask = graph.apply('HardSigmoid', [uniform], { alpha: { float: 1 }, beta: { float: -threshold } });
  const scaled = graph.apply('Mul', [mask, graph.scalar(1 / (1 - rate), x)]);
  return graph.apply('Mul', [x, graph.apply('Reshape', [scaled, graph.ints(x.shape)])]);
}

/** The random integers of one step for one dropout layer: those of rows are odd, so that the product loses nothing. */
export function dropoutKeys(
  seed: number | string,
  name: string,
  step: number,
  type: 'rows' | 'columns',
  count: number,
): Int32Array {
  const random = createRandom(`${seed}/dropout/${name}/${step}/${type}`);
  return Int32Array.from({ length: count }, () => {
    const bits = (random.next() * 4294967296) | 0;
    return type === 'rows' ? bits | 1 : bits;
  });
}
