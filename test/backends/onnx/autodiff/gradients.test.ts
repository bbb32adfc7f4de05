import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientsOf } from '../../../../src/backends/onnx/autodiff/gradients.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { createRandom } from '../../../../src/core/helpers/random.ts';
import { runner } from './run-graph.ts';

const unary = ['Neg', 'Sigmoid', 'Tanh', 'Sin', 'Softmax', 'LogSoftmax', 'Exp'] as const;
const binary = ['Add', 'Sub', 'Mul', 'MatMul', 'Concat', 'Div'] as const;

/** Those that need more than their operands; each keeps the shape [3, 3]. */
const special: Readonly<Record<string, (graph: Graph, a: Value, b: Value) => Value>> = {
  Trilu: (graph, a) => graph.apply('Trilu', [a]),
  CumSum: (graph, a) => graph.apply('CumSum', [a, graph.ints([1])], { reverse: { int: 1 } }),
  Einsum: (graph, a, b) => graph.apply('Einsum', [a, b], { equation: { string: 'ij,jk->ki' } }),
  ReduceLogSumExp: (graph, a, b) => graph.apply('Sub', [b, graph.apply('ReduceLogSumExp', [a, graph.ints([1])])]),
  GatherND: (graph, a) => {
    const rows = graph.constant({ type: 'int64', shape: [3, 1], data: BigInt64Array.of(2n, 0n, 2n) });
    return graph.apply('GatherND', [a, rows]);
  },
  Tile: (graph, a) => {
    const tiled = graph.apply('Tile', [a, graph.ints([2, 1])]);
    return graph.apply('Slice', [tiled, graph.ints([2]), graph.ints([5]), graph.ints([0])]);
  },
  Pow: (graph, a, b) => {
    const base = graph.apply('Add', [graph.apply('Mul', [b, b]), graph.scalar(1, b)]);
    return graph.apply('Pow', [base, a]);
  },
  ReduceProd: (graph, a, b) => graph.apply('Add', [a, graph.apply('ReduceProd', [b, graph.ints([0])])]),
};

/** One node: which operator, and which of the values so far it takes. */
const step = fc.tuple(fc.constantFrom(...unary, ...binary, ...Object.keys(special)), fc.nat(), fc.nat());

/** Values stay within ±1, so that no chain of exponentials runs away. */
function bounded(graph: Graph, value: Value): Value {
  return graph.apply('Tanh', [value]);
}

function grow(graph: Graph, start: readonly Value[], steps: readonly (readonly [string, number, number])[]): Value {
  const values = [...start];
  for (const [operator, first, second] of steps) {
    const a = values[first % values.length]!;
    const b = values[second % values.length]!;
    const made = special[operator]?.(graph, a, b);
    if (made !== undefined) values.push(bounded(graph, made));
    else if (unary.some((name) => name === operator)) values.push(bounded(graph, graph.apply(operator, [a])));
    else if (operator === 'Concat') {
      const [left] = graph.applyAll(
        'Split',
        [graph.apply('Concat', [b, a], { axis: { int: 1 } }), graph.ints([3, 3])],
        {
          axis: { int: 1 },
        },
      );
      values.push(left!);
    } else if (operator === 'Div') {
      const below = graph.apply('Add', [graph.apply('Mul', [b, b]), graph.scalar(1, b)]);
      values.push(graph.apply('Div', [a, below]));
    } else values.push(bounded(graph, graph.apply(operator, [a, b])));
  }
  // All that was made counts, so that nothing is dead.
  const sum = values.reduce((total, value) => graph.apply('Add', [total, value]));
  return graph.apply('ReduceSum', [sum], { keepdims: { int: 0 } });
}

describe('gradientsOf', () => {
  it('agrees with finite differences along a random direction on random graphs', { timeout: 900_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(), async (steps, seed) => {
        const graph = new Graph();
        const inputs = [0, 1].map((i) => graph.input(`in${i}`, 'double', [3, 3]));
        const row = graph.input('row', 'double', [3]);
        const scalar = grow(graph, [...inputs, graph.apply('Add', [inputs[0]!, row])], steps);
        const all = [...inputs, row];
        const run = await runner(graph, all, [scalar, ...gradientsOf(graph, scalar, all)]);
        const random = createRandom(seed);
        const draw = () => all.map(({ shape }) => Array.from({ length: shape.length === 2 ? 9 : 3 }, random.normal));
        const [point, direction] = [draw(), draw()];
        const [, ...gradients] = await run(point);
        const slope = gradients.flat().reduce((sum, value, i) => sum + value * direction.flat()[i]!, 0);
        const h = 1e-5;
        const at = async (by: number) =>
          (await run(point.map((data, i) => data.map((value, j) => value + by * direction[i]![j]!))))[0]![0]!;
        const difference = ((await at(h)) - (await at(-h))) / (2 * h);
        expect(Math.abs(slope - difference)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
      }),
      { numRuns: process.env.TRAINERAGENT_LONG === '1' ? 5000 : 500, seed: 11 },
    );
  });

  it('builds no gradient of a branch that nothing needs', () => {
    const graph = new Graph();
    const data = graph.input('data', 'float', [4, 3]);
    const weight = graph.input('weight', 'float', [3, 2]);
    const scalar = graph.apply('ReduceSum', [graph.apply('MatMul', [graph.apply('Exp', [data]), weight])], {
      keepdims: { int: 0 },
    });
    const before = graph.nodes.length;
    gradientsOf(graph, scalar, [weight]);
    const made = graph.nodes.slice(before).map(({ operator }) => operator);
    expect(made).toEqual(['Reshape', 'Expand', 'Gemm']);
  });

  it('gives zero for a value that the scalar does not depend on', async () => {
    const graph = new Graph();
    const used = graph.input('used', 'float', [2]);
    const unused = graph.input('unused', 'float', [3]);
    const scalar = graph.apply('ReduceSum', [used], { keepdims: { int: 0 } });
    const run = await runner(graph, [used], gradientsOf(graph, scalar, [unused, used]));
    expect(await run([[5, 6]])).toEqual([
      [0, 0, 0],
      [1, 1],
    ]);
  });

  it('makes an equal node once', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float', [2]);
    expect(graph.apply('Exp', [x])).toBe(graph.apply('Exp', [x]));
    expect(graph.scalar(2, x)).toBe(graph.scalar(2, x));
    expect(graph.apply('LeakyRelu', [x], { alpha: { float: 0.1 } })).not.toBe(graph.apply('LeakyRelu', [x]));
  });

  it.each([
    ['an operator that is not known', (graph: Graph, x: Value) => graph.apply('Conv3D', [x]), 'MODEL_UNSUPPORTED'],
    ['shapes that do not fit', (graph: Graph, x: Value) => graph.apply('MatMul', [x, x]), 'MODEL_INVALID'],
    [
      'shapes that do not broadcast',
      (graph: Graph, x: Value) => graph.apply('Add', [x, graph.full([5], 1, x)]),
      'MODEL_INVALID',
    ],
  ])('refuses %s', (_, build, code) => {
    const graph = new Graph();
    const x = graph.input('x', 'float', [2, 3]);
    expect(() => build(graph, x)).toThrow(expect.objectContaining({ code }));
  });
});
