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
 * Measured with ONNX Runtime 1.30 on one core of a common server (x86-64); a forecast, not a promise.
 */
export const costTable = {
  version: 1,
  /** Any call into the runtime: making tensors, running, reading the answer. */
  callMs: 0.03,
  nodeMs: 0.0015,
  operationMs: 0.000_004,
  inputMs: 0.0004,
  nodeBytes: 120,
  fileBytes: 2000,
  /** The runtime keeps parameters unpacked beside the file's bytes. */
  memoryPerParameterByte: 2.5,
  sessionBytes: 3_000_000,
} as const;

/** Predicts size, memory and latency from counts, by the shipped table. */
export function estimate(cost: CountedCost): Estimate {
  const sizeBytes = Math.round(costTable.fileBytes + cost.graphNodes * costTable.nodeBytes + cost.parameterBytes);
  return {
    sizeBytes,
    memoryBytes: Math.round(costTable.sessionBytes + cost.parameterBytes * costTable.memoryPerParameterByte),
    latencyMs:
      costTable.callMs +
      cost.graphNodes * costTable.nodeMs +
      cost.operationsPerRow * costTable.operationMs +
      cost.inputs * costTable.inputMs,
    tableVersion: costTable.version,
  };
}
