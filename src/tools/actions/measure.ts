import { performance } from 'node:perf_hooks';
import { loadModel } from '../artefact/model.ts';
import { exampleRecords } from '../serve/example-records.ts';
import { measureLatency } from '../serve/measure-latency.ts';
import { defineAction } from './action.ts';

export interface MeasureInput {
  /** Blob of the model file. */
  readonly model: string;
}

export interface MeasureOutput {
  /** Milliseconds for one record, from record to answer, in the process that predicts. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly count: number };
  /** Growth of the process's memory by loading the model and predicting. */
  readonly memoryBytes: number;
  readonly sizeBytes: number;
}

/** Measures a finished model: clocked, so recorded and never used for a choice before the freeze. */
export const measure = defineAction<MeasureInput, MeasureOutput>({
  name: 'measure',
  async run(input, context) {
    const bytes = await context.blobs.get(input.model);
    const backend = await context.backend();
    const before = process.memoryUsage().rss;
    await using model = loadModel(bytes, backend, { where: 'inline' });
    const records = exampleRecords(model.signature, 16);
    let next = 0;
    const latencyMs = await measureLatency(() => model.predict([records[next++ % records.length]!]), {
      now: () => performance.now(),
    });
    return { latencyMs, memoryBytes: Math.max(0, process.memoryUsage().rss - before), sizeBytes: bytes.length };
  },
});
