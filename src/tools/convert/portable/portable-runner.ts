import type { Tensor, Tensors } from '../../../backends/backend.ts';
import { createGraph } from './portable-graph.ts';
import type { PortableModel } from './portable-model.ts';
import type { Value } from './tensor.ts';

const outputNames = ['label', 'probabilities', 'prediction', 'interval'];

/** Makes a function that takes and gives the tensors of a model, in plain JavaScript. */
export function createPortableRunner(model: PortableModel): (tensors: Tensors) => Tensors {
  const run = createGraph(model);
  return (tensors) => {
    const values = new Map<string, Value>();
    for (const [name, tensor] of Object.entries(tensors)) values.set(name, asValue(tensor));
    run(values);
    const outputs = outputNames.flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, tensorOf(value)] as const];
    });
    return Object.fromEntries(outputs);
  };
}

function asValue(tensor: Tensor): Value {
  const { shape } = tensor;
  if (tensor.dtype === 'int64') return { type: 'int64', shape, data: Float64Array.from(tensor.data, Number) };
  return { type: tensor.dtype as 'float32' | 'string', shape, data: tensor.data as Float32Array };
}

function tensorOf({ type, shape, data }: Value): Tensor {
  return { dtype: type as 'float32', shape, data: data as Float32Array };
}
