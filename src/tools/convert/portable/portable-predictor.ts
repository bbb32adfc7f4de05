import type { Tensors } from '../../../backends/backend.ts';
import { decodePredictions, type PredictionResult } from '../../artefact/decode-predictions.ts';
import { createRecordEncoder, encodeOrThrow, type PredictionRecord } from '../../artefact/encode-records.ts';
import type { PortableModel } from './portable-model.ts';
import { createPortableRunner } from './portable-runner.ts';

/** Rows that are predicted at once. */
const batchRows = 1024;

/** Makes a function that predicts records with a model, in plain JavaScript. */
export function createPortable(
  model: PortableModel,
): (records: readonly PredictionRecord[] | PredictionRecord) => PredictionResult[] {
  const { signature } = model;
  const run = createPortableRunner(model);
  const { encode, decode } = createCodec(signature);
  const predict = (tensors: Tensors): PredictionResult[] => decode(run(tensors));
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
