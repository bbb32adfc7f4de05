import type { Graph } from '../autodiff/graph.ts';
import type { Value } from '../autodiff/value.ts';

/** The n-th root of a number above 1, by Newton's method: versions of Node differ in the last bit of `Math.pow`. */
function root(value: number, n: number): number {
  let x = value;
  for (let i = 0; i < 200; i++) {
    let power = 1;
    for (let k = 1; k < n; k++) power *= x;
    const next = ((n - 1) * x + value / power) / n;
    if (Math.abs(next - x) <= 1e-16 * x) break;
    x = next;
  }
  return x;
}

/** cos(x) + i·sin(x) for |x| up to 1 by their series, for the same reason. */
function unit(x: number): readonly [cos: number, sin: number] {
  let [cos, sin, term] = [1, x, x];
  for (let k = 2; k <= 22; k += 2) {
    const even = (-term * x) / k;
    cos += even;
    term = (even * x) / (k + 1);
    sin += term;
  }
  return [cos, sin];
}

/**
 * Cosines and sines [positions, width] of the angles position · 10000^(−2i/width), the same for both halves of the width.
 */
function anglesOf(positions: number, width: number): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = width / 2;
  const cos = new Float32Array(positions * width);
  const sin = new Float32Array(positions * width);
  const ratio = half === 1 ? 1 : root(10000, half);
  let frequency = 1;
  for (let i = 0; i < half; i++) {
    const [stepCos, stepSin] = unit(frequency);
    let [x, y] = [1, 0];
    for (let at = 0; at < positions; at++) {
      for (const column of [i, i + half]) {
        cos[at * width + column] = x;
        sin[at * width + column] = y;
      }
      [x, y] = [x * stepCos - y * stepSin, x * stepSin + y * stepCos];
    }
    frequency /= ratio;
  }
  return { cos, sin };
}

/** Turns the two halves of each vector of [..., positions, width] by the angles of its position (Su et al., 2021). */
export function turn(graph: Graph, value: Value): Value {
  const [positions, width] = value.shape.slice(-2) as [number, number];
  const table = (which: 'cos' | 'sin') =>
    graph.shared(`${which}:${positions}:${width}`, () =>
      graph.constant({ type: 'float', shape: [positions, width], data: anglesOf(positions, width)[which] }),
    );
  const [left, right] = graph.applyAll('Split', [value, graph.ints([width / 2, width / 2])], { axis: { int: -1 } });
  const crossed = graph.apply('Concat', [graph.apply('Neg', [right!]), left!], { axis: { int: -1 } });
  return graph.apply('Add', [graph.apply('Mul', [value, table('cos')]), graph.apply('Mul', [crossed, table('sin')])]);
}
