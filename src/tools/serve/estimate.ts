/** What a model counts, before anything is run. */
export interface CountedCost {
  /** Node visits and multiply-adds to predict one row. */
  readonly operationsPerRow: number;
  /** Nodes of the graph that run for a prediction. */
  readonly graphNodes: number;
  /** Bytes of weights, tables and dictionaries in the file. */
  readonly parameterBytes: number;
  /** Columns that a record has. */
  readonly inputs: number;
}

/** What a model will cost, predicted. */
export interface Estimate {
  readonly sizeBytes: number;
  /** Beside the runtime itself, for one prediction at a time. */
  readonly memoryBytes: number;
  /** One prediction of one record. */
  readonly latencyMs: number;
  /** Which table gave the figures. */
  readonly tableVersion: number;
}

/**
 * Time and bytes per counted thing. Versioned: a limit that was held against one version is never judged by another.
 * Fitted to the p50 latency and the resident memory of seven linear and tree models of 71 to 92 nodes and 182 to 19,986
 * operations in onnxruntime-node 1.30, one thread of an x86-64 server under load; a forecast, not a promise.
 */
export const costTable = {
  version: 1,
  /** Any call into the runtime: making tensors, running, reading the answer. */
  callMs: 0.018,
  nodeMs: 0.0005,
  operationMs: 0.000_008,
  inputMs: 0.0005,
  nodeBytes: 55,
  /** Header, signature and card. */
  fileBytes: 2000,
  /** The file, its decoded form and what the runtime makes of it. */
  memoryPerFileByte: 10,
  sessionBytes: 1_500_000,
} as const;

/** Predicts size, memory and latency from counts, by the shipped table. */
export function estimate(cost: CountedCost): Estimate {
  const sizeBytes = Math.round(costTable.fileBytes + cost.graphNodes * costTable.nodeBytes + cost.parameterBytes);
  return {
    sizeBytes,
    memoryBytes: Math.round(costTable.sessionBytes + sizeBytes * costTable.memoryPerFileByte),
    latencyMs:
      costTable.callMs +
      cost.graphNodes * costTable.nodeMs +
      cost.operationsPerRow * costTable.operationMs +
      cost.inputs * costTable.inputMs,
    tableVersion: costTable.version,
  };
}
