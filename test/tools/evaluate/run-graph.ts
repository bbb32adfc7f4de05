import * as ort from 'onnxruntime-node';
import { createGraphBuilder } from '../../../src/onnx/create-graph-builder.ts';
import type { GraphBuilder } from '../../../src/onnx/graph-builder.ts';

/** An input or constant of the graph under test. */
export type Feed =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly shape: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly shape: readonly number[] };

/** Builds a graph of the given inputs, runs it in ONNX Runtime, and returns the value that `build` names. */
export async function runGraph(
  feeds: Readonly<Record<string, Feed>>,
  build: (graph: GraphBuilder) => string,
  output: 'float' | 'int64' = 'float',
): Promise<{ readonly data: readonly number[]; readonly shape: readonly number[] }> {
  const graph = createGraphBuilder();
  for (const [name, feed] of Object.entries(feeds)) {
    graph.input(name, feed.type === 'float32' ? 'float' : 'int64', [-1, ...feed.shape.slice(1)]);
  }
  const value = build(graph);
  graph.output('result', value, output, [-1, -1].slice(0, output === 'int64' ? 1 : 2));
  const session = await ort.InferenceSession.create(graph.build({ name: 'test' }), { intraOpNumThreads: 1 });
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data as never, shape)]),
  );
  const { result } = await session.run(tensors);
  const data = Array.from(result!.data as ArrayLike<number | bigint>, Number);
  const { dims } = result!;
  await session.release();
  return { data, shape: dims };
}

/** Greatest difference, in units of max(1, magnitude). */
export function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
  }
  return worst;
}
