import type { Calibration } from '../../core/calibration.ts';

/** What a model counts, before anything is run. */
export interface CountedCost {
  /** Node visits and multiply-adds to predict one row. */
  readonly operationsPerRow: number;
  /** Nodes of the graph that run for a prediction. */
  readonly graphNodes: number;
  /** Bytes of the file: weighed where the model is there, expected where it is not. */
  readonly fileBytes: number;
  /** Columns that a record has. */
  readonly inputs: number;
}

/** What a model will cost, predicted. */
export interface Estimate {
  readonly sizeBytes: number;
  /** Of the process that predicts, with Node and the runtime. */
  readonly memoryBytes: number;
  /** One prediction of one record: half are faster. */
  readonly latencyMs: number;
  /** 99 of 100 are faster. */
  readonly latencyP99Ms: number;
  /** One prediction of {@link batchRecords} records. */
  readonly batchMs: number;
  /** Which table gave the figures. */
  readonly tableVersion: number;
}

/** Records of the batch that is forecast and measured beside a single one. */
export const batchRecords = 256;

/**
 * Time and bytes per counted thing. Versioned: a limit that was held against one version is never judged by another.
 * Fitted to linear and tree models of 71 to 92 nodes and 182 to 19,986 operations in onnxruntime-node 1.30, one thread of an x86-64
 * server under load; a forecast, not a promise.
 */
export const costTable = {
  version: 2,
  /** Any call into the runtime: making tensors, running, reading the answer. */
  callMs: 0.018,
  nodeMs: 0.0005,
  operationMs: 0.000_008,
  inputMs: 0.0005,
  /** A further record of the same call, each of its columns, and each of its operations: caches are warm and trees run in blocks. */
  batch: { recordMs: 0.0003, inputMs: 0.00012, operationMs: 0.000_002 },
  /** The slowest of a hundred against the middle one. */
  p99: 3,
  /** Node and the runtime, before any model. */
  processBytes: 92_000_000,
  /** The file, its decoded form and what the runtime makes of it. */
  memoryPerFileByte: 8,
} as const;

/** The shipped table as a machine: what is assumed where none was measured. */
export const tableMachine: Calibration = { msPerUnit: 1, latencyFactor: 1, processBytes: costTable.processBytes };

/** The largest file whose process is expected to keep a limit on its memory; none is left where Node and the runtime take it all. */
export const fileWithin = (memoryBytes: number): number =>
  Math.max(0, (memoryBytes - costTable.processBytes) / costTable.memoryPerFileByte);

/**
 * Predicts memory and latency from counts, by the shipped table.
 *
 * @param machine - what was measured of this machine; leave it out wherever something is chosen by the figures. @default the table
 */
export function estimate(cost: CountedCost, machine: Calibration = tableMachine): Estimate {
  const { callMs, nodeMs, operationMs, inputMs, batch, p99, memoryPerFileByte, version } = costTable;
  const fixed = callMs + cost.graphNodes * nodeMs;
  const latencyMs = machine.latencyFactor * (fixed + cost.operationsPerRow * operationMs + cost.inputs * inputMs);
  const perRecord = batch.recordMs + cost.inputs * batch.inputMs + cost.operationsPerRow * batch.operationMs;
  return {
    sizeBytes: Math.round(cost.fileBytes),
    memoryBytes: Math.round(machine.processBytes + cost.fileBytes * memoryPerFileByte),
    latencyMs,
    latencyP99Ms: latencyMs * p99,
    batchMs: machine.latencyFactor * (fixed + batchRecords * perRecord),
    tableVersion: version,
  };
}
