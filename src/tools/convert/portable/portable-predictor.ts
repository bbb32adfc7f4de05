import type { Tensor, Tensors } from '../../../backends/backend.ts';
import { decodePredictions, type PredictionResult } from '../../artefact/decode-predictions.ts';
import { createRecordEncoder, encodeOrThrow, type PredictionRecord } from '../../artefact/encode-records.ts';
import { createGraph } from './portable-graph.ts';
import type { PortableModel } from './portable-model.ts';
import type { Value } from './tensor.ts';

/** Rows that are predicted at once. */
const batchRows = 1024;

/** Makes a function that predicts records with a model, in plain JavaScript. */
export function createPortable(
  model: PortableModel,
): (records: readonly PredictionRecord[] | PredictionRecord) => PredictionResult[] {
  const { signature } = model;
  const run = createGraph(model);
  const { encode } = createCodec(signature);
  const predict = (tensors: Tensors): PredictionResult[] => {
    const values = new Map<string, Value>();
    for (const [name, tensor] of Object.entries(tensors)) values.set(name, asValue(tensor));
    run(values);
    const outputs = ['label', 'probabilities', 'prediction', 'interval'].flatMap((name) => {
      const value = values.get(name);
      return value === undefined ? [] : [[name, tensorOf(value)] as const];
    });
    return decodePredictions(signature, Object.fromEntries(outputs));
  };
  return (records) => {
    const list = (Array.isArray(records) ? records : [records]) as readonly PredictionRecord[];
    const results: PredictionResult[] = [];
    for (let from = 0; from < list.length; from += batchRows)
      for (const result of predict(encode(list.slice(from, from + batchRows), from))) results.push(result);
    return results;
  };
}

/** How records become tensors of a model, and its tensors answers; for runtimes that run the graph themselves. */
export function createCodec(signature: PortableModel['signature']) {
  const encoder = createRecordEncoder(signature);
  return {
    encode: (records: readonly PredictionRecord[], firstRow = 0): Tensors => encodeOrThrow(encoder, records, firstRow),
    decode: (outputs: Tensors): PredictionResult[] => decodePredictions(signature, outputs),
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
