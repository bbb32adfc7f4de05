import type { Tensor, Tensors } from '../../backends/backend.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readCard, readSignature } from '../../onnx/signature.ts';
import { inlineRows } from '../artefact/predict-cost.ts';
import { fastTrees } from '../bulk/tree-scorer.ts';
import type { Operator } from '../convert/portable/elementwise.ts';
import { operators } from '../convert/portable/operators.ts';
import { createGraph } from '../convert/portable/portable-graph.ts';
import type { Value } from '../convert/portable/tensor.ts';
import { toPortable } from '../convert/to-portable.ts';

/** A model that predicts at once, on the calling thread, without the runtime and its native code. */
export interface DirectRun {
  /** Rows that one call should have at most: about 5 ms of counted work. */
  readonly rows: number;
  /** @param inputs - checked tensors of the model */
  predict(inputs: Tensors): Tensors;
}

/** Rows from which on the kernels of training score faster than a walk from node to node. */
const kernelRows = 4;

/** Both ways add the same leaves in the same order: what else is in a batch changes no bit of an answer. */
const trees: Operator = (attributes) => {
  const [walk, kernels] = [operators.TreeEnsemble!(attributes), fastTrees(attributes)];
  return (inputs) => (inputs[0]!.shape[0]! < kernelRows ? walk : kernels)(inputs);
};

/** Rows that a model must predict within 5 counted milliseconds to run where requests are answered. */
const leastRows = 16;

/**
 * Makes the direct run of a model of linear functions and trees, which costs less than the way to another process.
 *
 * @returns `undefined` where the graph has other operators, a row costs too much, or the file is none of ours
 */
export function createDirectRun(bytes: Uint8Array): DirectRun | undefined {
  const model = checkModel(bytes);
  const { nodes, outputs } = model.graph;
  const rows = inlineRows(model, readSignature(model), readCard(model));
  if (rows < leastRows || !nodes.every(({ operator }) => Object.hasOwn(operators, operator))) return undefined;
  const run = createGraph(toPortable(model), { TreeEnsemble: trees });
  return {
    rows,
    predict(inputs) {
      const values = new Map<string, Value>();
      for (const name in inputs) values.set(name, asValue(inputs[name]!));
      run(values);
      const predicted: Record<string, Tensor> = {};
      for (const { name } of outputs) {
        const { type, shape, data } = values.get(name)!;
        predicted[name] = { dtype: type, shape, data } as Tensor;
      }
      return predicted;
    },
  };
}

function asValue({ dtype, shape, data }: Tensor): Value {
  if (dtype === 'int64') return { type: 'int64', shape, data: Float64Array.from(data, Number) };
  return { type: dtype as 'float32', shape, data: data as Float32Array };
}
