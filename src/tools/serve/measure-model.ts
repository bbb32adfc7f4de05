import { performance } from 'node:perf_hooks';
import type { Backend } from '../../backends/backend.ts';
import { checkModel } from '../../onnx/check-model.ts';
import { readSignature } from '../../onnx/signature.ts';
import { createRecordEncoder, encodeOrThrow } from '../artefact/encode-records.ts';
import { loadModel } from '../artefact/model.ts';
import { batchRecords } from './estimate.ts';
import { exampleRecords } from './example-records.ts';
import { type Latency, measureLatency } from './measure-latency.ts';

/** What a model file was measured to take. */
export interface ModelMeasure {
  /** Milliseconds for one record, from record to answer, in the process that predicts. */
  readonly latencyMs: Latency;
  /** Milliseconds for {@link batchRecords} records at once. */
  readonly batchMs: Latency;
  /** Resident memory of a fresh process that has predicted with the model: Node, the runtime and the model. */
  readonly memoryBytes: number;
}

/** Times a model here, and weighs a fresh process that predicts with it. @throws {TrainerError} MODEL_INVALID, PREDICT_FAILED, PEER_MISSING */
export async function measureModel(bytes: Uint8Array, backend: Backend, maxMs = 2000): Promise<ModelMeasure> {
  await using model = loadModel(bytes, backend, { where: 'inline' });
  const records = exampleRecords(model.signature, batchRecords);
  const now = (): number => performance.now();
  const latencyMs = await measureLatency((i) => model.predict([records[i % records.length]!]), { now, maxMs });
  const batchMs = await measureLatency(() => model.predict(records), { now, count: 40, warmUp: 3, maxMs: maxMs / 4 });
  return { latencyMs, batchMs, memoryBytes: await residentBytes(bytes, backend, records) };
}

async function residentBytes(bytes: Uint8Array, backend: Backend, records: readonly object[]): Promise<number> {
  const signature = readSignature(checkModel(bytes));
  await using predictor = await backend.load(bytes, { where: 'child', threads: 1 });
  const tensors = encodeOrThrow(createRecordEncoder(signature), records as never);
  for (let i = 0; i < 3; i++) await predictor.predict(tensors);
  // Where the backend has no process of its own, it is this one.
  return (await predictor.memoryBytes?.()) ?? process.memoryUsage().rss;
}
