import { describe, expect, it } from 'vitest';
import { emitGraph } from '../../../../src/backends/onnx/autodiff/emit.ts';
import { encodeGraph } from '../../../../src/backends/onnx/autodiff/encode-graph.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { moveRows } from '../../../../src/backends/onnx/autodiff/move-rows.ts';
import { sizeOf } from '../../../../src/backends/onnx/autodiff/shapes.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';

type Emitted = ReturnType<typeof emitGraph>;

/** What a builder makes of an image, with and without the pass. */
function bothWays(shape: readonly number[], build: (graph: Graph, x: Value) => readonly Value[]) {
  const graph = new Graph();
  const x = graph.input('x', 'float', shape);
  const outputs = build(graph, x).map((value, i) => [`y${i}`, value] as const);
  const options = { name: 'test', inputs: [x], outputs };
  return { plain: emitGraph(graph, options), moved: emitGraph(graph, { ...options, passes: [moveRows] }) };
}

const turn = (graph: Graph, x: Value, ...perm: readonly number[]) =>
  graph.apply('Transpose', [x], { perm: { ints: perm } });

const count = ({ nodes }: Emitted, operator: string) => nodes.filter((node) => node.operator === operator).length;

async function run(graph: Emitted, shape: readonly number[]): Promise<readonly unknown[]> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(encodeGraph(graph), { logSeverityLevel: 4 });
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i);
  const made = await session.run({ x: new runtime.Tensor('float32', data, shape) });
  return graph.outputs.map(({ name }) => [made[name]!.dims, made[name]!.data]);
}

describe('moveRows', () => {
  it.each<[string, readonly number[], (graph: Graph, x: Value) => readonly Value[], number]>([
    ['heads in front of positions', [2, 5, 3, 8], (g, x) => [turn(g, x, 0, 2, 1, 3)], 1],
    ['the first axis behind two others', [2, 5, 3, 16], (g, x) => [turn(g, x, 1, 2, 0, 3)], 1],
    ['matrices of rows', [4, 6, 32], (g, x) => [g.apply('Relu', [turn(g, x, 1, 0, 2)])], 1],
    [
      'the same rows twice, which are flattened once',
      [2, 5, 3, 8],
      (g, x) => [turn(g, x, 0, 2, 1, 3), turn(g, x, 2, 1, 0, 3)],
      2,
    ],
    [
      'rows that a later node flattens alike',
      [2, 5, 3, 8],
      (g, x) => [turn(g, x, 0, 2, 1, 3), g.apply('Neg', [g.apply('Reshape', [x, g.ints([30, 8])])])],
      1,
    ],
  ])('gathers %s, and the results stay to the bit', async (_, shape, build, gathered) => {
    const { plain, moved } = bothWays(shape, build);
    expect([count(moved, 'Transpose'), count(moved, 'Gather')]).toEqual([0, gathered]);
    expect(await run(moved, shape)).toEqual(await run(plain, shape));
  });

  it.each<[string, readonly number[], (graph: Graph, x: Value) => readonly Value[]]>([
    ['rows of few numbers', [2, 5, 3, 7], (g, x) => [turn(g, x, 0, 2, 1, 3)]],
    ['what moves the last axis', [4, 6, 32], (g, x) => [turn(g, x, 0, 2, 1)]],
    ['one behind another', [4, 16, 8, 8], (g, x) => [turn(g, turn(g, x, 0, 1, 3, 2), 0, 2, 1, 3)]],
    ['one before another', [4, 16, 8, 8], (g, x) => [turn(g, turn(g, x, 0, 2, 1, 3), 0, 1, 3, 2)]],
    ['numbers that are no floats', [4, 6, 32], (g, x) => [turn(g, g.apply('Cast', [x], { to: { int: 7 } }), 1, 0, 2)]],
  ])('leaves %s', (_, shape, build) => {
    const { plain, moved } = bothWays(shape, build);
    expect(moved).toEqual(plain);
  });
});
