import { describe, expect, it } from 'vitest';
import { emitGraph } from '../../../../src/backends/onnx/autodiff/emit.ts';
import { encodeGraph } from '../../../../src/backends/onnx/autodiff/encode-graph.ts';
import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import { Graph as Draft } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { layOut } from '../../../../src/backends/onnx/layout/apply-layout.ts';
import { fuseBlocks } from '../../../../src/backends/onnx/layout/fuse-blocks.ts';
import { nchwcLayout } from '../../../../src/backends/onnx/layout/nchwc-layout.ts';
import { probeBlock } from '../../../../src/backends/onnx/layout/probe-block.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';
import { sessionOpener } from '../../../../src/backends/onnx/train/session.ts';

const block = (await probeBlock(sessionOpener(await loadRuntime()))) ?? 16;

/** A graph in blocks of what a builder makes of an image and weights. */
function inBlocks(build: (graph: Graph, x: Value, w: Value) => readonly Value[]) {
  const draft = new Draft();
  const x = draft.input('x', 'float', [2, 32, 5, 5]);
  const w = draft.input('w', 'float', [32, 32, 3, 3]);
  const outputs = build(draft, x, w);
  const { graph, plainOf } = layOut(draft, nchwcLayout(block));
  const options = {
    name: 'test',
    inputs: [x, w].map(plainOf),
    outputs: outputs.map((value, i) => [`y${i}`, plainOf(value)] as const),
  };
  return { plain: emitGraph(graph, options), fused: emitGraph(graph, { ...options, passes: [fuseBlocks] }) };
}

const convolve = (graph: Graph, x: Value, w: Value) => graph.apply('Conv', [x, w], { pads: { ints: [1, 1, 1, 1] } });
const count = ({ nodes }: ReturnType<typeof emitGraph>, operator: string) =>
  nodes.filter((node) => node.operator === operator).length;

async function run(graph: ReturnType<typeof emitGraph>): Promise<Float32Array[]> {
  const runtime = await loadRuntime();
  const session = await runtime.InferenceSession.create(encodeGraph(graph), { logSeverityLevel: 4 });
  const tensor = (shape: readonly number[]) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    return new runtime.Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      shape,
    );
  };
  const made = await session.run({ x: tensor([2, 32, 5, 5]), w: tensor([32, 32, 3, 3]) });
  return graph.outputs.map(({ name }) => made[name]!.data as Float32Array);
}

describe('fuseBlocks', () => {
  it.each<[string, (graph: Graph, x: Value, w: Value) => readonly Value[], { Add: number; Relu: number }]>([
    [
      'a sum and a ReLU',
      (g, x, w) => [g.apply('Relu', [g.apply('Add', [x, convolve(g, g.apply('Relu', [convolve(g, x, w)]), w)])])],
      { Add: 0, Relu: 0 },
    ],
    [
      'the sum of two convolutions once',
      (g, x, w) => [g.apply('Add', [convolve(g, x, w), convolve(g, g.apply('Abs', [x]), w)])],
      { Add: 0, Relu: 0 },
    ],
    [
      'no second sum',
      (g, x, w) => [g.apply('Add', [x, g.apply('Add', [g.apply('Abs', [x]), convolve(g, x, w)])])],
      { Add: 1, Relu: 0 },
    ],
    [
      'nothing behind a ReLU',
      (g, x, w) => [g.apply('Add', [x, g.apply('Relu', [convolve(g, x, w)])])],
      { Add: 1, Relu: 0 },
    ],
    [
      'nothing that is used twice',
      (g, x, w) => {
        const y = convolve(g, x, w);
        return [g.apply('Relu', [y]), g.apply('Neg', [y])];
      },
      { Add: 0, Relu: 1 },
    ],
  ])('fuses %s, and the results stay', async (_, build, left) => {
    const { plain, fused } = inBlocks(build);
    expect({ Add: count(fused, 'Add'), Relu: count(fused, 'Relu') }).toEqual(left);
    const [before, after] = [await run(plain), await run(fused)];
    for (const [i, values] of before.entries()) {
      const most = values.reduce((worst, value, j) => Math.max(worst, Math.abs(value - after[i]![j]!)), 0);
      expect(most).toBeLessThan(2e-5);
    }
  });
});
