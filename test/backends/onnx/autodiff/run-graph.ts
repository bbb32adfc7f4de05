import { emitGraph } from '../../../../src/backends/onnx/autodiff/emit.ts';
import { encodeGraph } from '../../../../src/backends/onnx/autodiff/encode-graph.ts';
import type { Graph } from '../../../../src/backends/onnx/autodiff/graph.ts';
import type { Value } from '../../../../src/backends/onnx/autodiff/value.ts';
import { loadRuntime } from '../../../../src/backends/onnx/load-runtime.ts';

/** A function of plain numbers that runs a graph; values are given and returned in the order of inputs and outputs. */
export async function runner(graph: Graph, inputs: readonly Value[], outputs: readonly Value[]) {
  const runtime = await loadRuntime();
  const named = outputs.map((value, i) => [`out${i}`, value] as const);
  const bytes = encodeGraph(emitGraph(graph, { name: 'test', inputs, outputs: named }));
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  return async (given: readonly ArrayLike<number>[]): Promise<number[][]> => {
    const feeds = Object.fromEntries(
      inputs.map(({ input, type, shape }, i) => {
        const data = type === 'double' ? Float64Array.from(given[i]!) : Float32Array.from(given[i]!);
        return [input!, new runtime.Tensor(type === 'double' ? 'float64' : 'float32', data as Float32Array, shape)];
      }),
    );
    const results = await session.run(feeds);
    return named.map(([name]) => Array.from(results[name]!.data as Float32Array));
  };
}
