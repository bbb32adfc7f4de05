import { describe, expect, it } from 'vitest';
import { emitGraph } from '../../../../src/backends/onnx/autodiff/emit.ts';
import { encodeGraph } from '../../../../src/backends/onnx/autodiff/encode-graph.ts';
import { gradientsOf } from '../../../../src/backends/onnx/autodiff/gradients.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { spreadLate } from '../../../../src/backends/onnx/autodiff/spread-late.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';

type Emitted = ReturnType<typeof emitGraph>;
type Build = (graph: Graph, x: Value, factor: Value) => readonly Value[];

const shape = [4, 3];

/** What a builder makes of a matrix and a number, with and without the pass. */
function bothWays(build: Build) {
  const graph = new Graph();
  const inputs = [graph.input('x', 'float', shape), graph.input('factor', 'float', [])] as const;
  const outputs = build(graph, ...inputs).map((value, i) => [`y${i}`, value] as const);
  const options = { name: 'test', inputs, outputs };
  return { plain: emitGraph(graph, options), narrow: emitGraph(graph, { ...options, passes: [spreadLate] }) };
}

const operators = ({ nodes }: Emitted) => nodes.map(({ operator }) => operator);

async function run(graph: Emitted): Promise<readonly unknown[]> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(encodeGraph(graph), { logSeverityLevel: 4 });
  const x = new runtime.Tensor(
    'float32',
    Float32Array.from({ length: 12 }, (_, i) => i / 8 - 1),
    shape,
  );
  const made = await session.run({ x, factor: new runtime.Tensor('float32', Float32Array.of(0.75), []) });
  return graph.outputs.map(({ name }) => [made[name]!.dims, made[name]!.data]);
}

const to = (graph: Graph, operator: string, value: Value, ...sizes: readonly number[]) =>
  graph.apply(operator, [value, graph.ints(sizes)]);

describe('spreadLate', () => {
  it.each<[string, Build, readonly string[]]>([
    [
      'the gradient of a mean of squares',
      (g, x, factor) => {
        const mean = g.apply('ReduceMean', [g.apply('Mul', [x, x])], { keepdims: { int: 0 } });
        return gradientsOf(g, mean, [x], factor);
      },
      ['Mul', 'Mul', 'Add'],
    ],
    [
      'a column of one number, and its opposite',
      (g, x, factor) => [g.apply('Mul', [x, g.apply('Neg', [to(g, 'Expand', factor, 4, 1)])])],
      ['Neg', 'Mul'],
    ],
    [
      'two spread numbers that are added, of which an equal sum comes later',
      (g, x, factor) => {
        const [wide, column] = [to(g, 'Expand', factor, 4, 3), to(g, 'Expand', factor, 4, 1)];
        const sum = g.apply('Sub', [x, g.apply('Add', [wide, column])]);
        return [sum, g.apply('Mul', [sum, g.apply('Add', [factor, factor])])];
      },
      ['Add', 'Sub', 'Mul'],
    ],
  ])('keeps one number of %s, and the results stay to the bit', async (_, build, expected) => {
    const { plain, narrow } = bothWays(build);
    expect(operators(narrow)).toEqual(expected);
    expect(operators(plain).length).toBeGreaterThan(expected.length);
    expect(await run(narrow)).toEqual(await run(plain));
  });

  it.each<[string, Build]>([
    ['what is an output', (g, _, factor) => [to(g, 'Expand', factor, 4, 3)]],
    ['what makes the shape of the result', (g, x, factor) => [g.apply('Add', [x, to(g, 'Expand', factor, 2, 4, 3)])]],
    ['a number of two axes', (g, x) => [g.apply('Mul', [x, to(g, 'Expand', g.apply('ReduceMax', [x]), 4, 3)])]],
    ['what takes each value by itself', (g, _, factor) => [g.apply('Exp', [to(g, 'Expand', factor, 4, 3)])]],
  ])('changes no result of %s', async (_, build) => {
    const { plain, narrow } = bothWays(build);
    expect(await run(narrow)).toEqual(await run(plain));
  });
});
