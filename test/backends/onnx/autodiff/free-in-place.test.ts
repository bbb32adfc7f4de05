import { describe, expect, it } from 'vitest';
import { emitGraph } from '../../../../src/backends/onnx/autodiff/emit.ts';
import { encodeGraph } from '../../../../src/backends/onnx/autodiff/encode-graph.ts';
import { freeInPlace } from '../../../../src/backends/onnx/autodiff/free-in-place.ts';
import { gradientsOf } from '../../../../src/backends/onnx/autodiff/gradients.ts';
import { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { step } from '../../../../src/backends/onnx/autodiff/step.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';

type Emitted = ReturnType<typeof emitGraph>;
type Build = (graph: Graph, x: Value) => readonly Value[];

const shape = [1, 2, 2, 4];
const numbers = Float32Array.of(-3, 0, 1e-30, 2, -1e-30, 5, 5, -2, 7, -0, 3, 3, 1e30, -1e30, 0.5, 0.25);

/** What a builder makes of an image, with and without the pass. */
function bothWays(build: Build) {
  const graph = new Graph();
  const inputs = [graph.input('x', 'float', shape)];
  const outputs = build(graph, inputs[0]!).map((value, i) => [`y${i}`, value] as const);
  const options = { name: 'test', inputs, outputs };
  return { plain: emitGraph(graph, options), free: emitGraph(graph, { ...options, passes: [freeInPlace] }) };
}

const operators = ({ nodes }: Emitted) => nodes.map(({ operator }) => operator);

async function run(graph: Emitted): Promise<readonly unknown[]> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(encodeGraph(graph), { logSeverityLevel: 4 });
  const made = await session.run({ x: new runtime.Tensor('float32', numbers, shape) });
  // Adding 0 makes one zero of both.
  return graph.outputs.map(({ name }) => Array.from(made[name]!.data as Float32Array, (value) => value + 0));
}

const slopeOf = (graph: Graph, y: Value, x: Value) =>
  gradientsOf(graph, graph.apply('ReduceSum', [graph.apply('Mul', [y, y])], { keepdims: { int: 0 } }), [x]);

describe('freeInPlace', () => {
  it.each<[string, Build, readonly string[]]>([
    ['a ReLU', (g, x) => [g.apply('Relu', [x])], ['Max']],
    ['a step', (g, x) => [step(g, x)], ['Sign', 'Max']],
    ['a step of a ReLU, which is its sign', (g, x) => [step(g, g.apply('Relu', [x]))], ['Max', 'Sign']],
    ['a sign that is there already', (g, x) => [step(g, x), g.apply('Sign', [x])], ['Sign', 'Max']],
    [
      'a ReLU behind a convolution, which takes it along',
      (g, x) => [g.apply('Relu', [g.apply('Conv', [x, g.full([1, 2, 1, 1], 1, x)])])],
      ['Conv', 'Relu'],
    ],
    ['a gate that is no step', (g, x) => [g.apply('HardSigmoid', [x], { alpha: { float: 0.5 } })], ['HardSigmoid']],
  ])('makes %s of what is quick in place', async (_name, build, expected) => {
    const { plain, free } = bothWays(build);
    expect(operators(free)).toEqual(expected);
    expect(await run(free)).toEqual(await run(plain));
  });

  it('leaves a pool of tiles, ties among them, and its gradient as they are, with signs alone', async () => {
    const { plain, free } = bothWays((g, x) => {
      const y = g.apply('TileMaxPool', [x], {
        kernel_shape: { ints: [2, 2] },
        _tile: { ints: [2, 4, 2] },
        _shape: { ints: [1, 1, 2, 2] },
      });
      return [y, ...slopeOf(g, y, x)];
    });
    expect(operators(plain)).toContain('HardSigmoid');
    expect(operators(free)).toContain('Sign');
    expect(operators(free)).not.toContain('HardSigmoid');
    expect(await run(free)).toEqual(await run(plain));
  });
});
