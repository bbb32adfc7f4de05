import type { Tensors } from '../../backends/backend.ts';
import { TrainerError } from '../../core/errors.ts';
import type { ModelSignature } from '../../onnx/signature.ts';

/** What a model says of one row. */
export interface PredictionResult<Prediction extends string | number = string | number> {
  /** The class, or the value. */
  readonly prediction: Prediction;
  /** By class, in the order of the signature; classification alone. */
  readonly probabilities?: Readonly<Record<string, number>>;
  /** Regression alone, where the model has it. */
  readonly interval?: { readonly low: number; readonly high: number };
}

/** What a model says of many rows, in columns. */
export type PredictedRows =
  | {
      readonly kind: 'classification';
      readonly rowCount: number;
      readonly labels: readonly string[];
      /** Row-major [rowCount, classes]. */
      readonly probabilities: Float32Array;
    }
  | {
      readonly kind: 'regression';
      readonly rowCount: number;
      readonly values: Float32Array;
      /** Row-major [rowCount, 2]: low, high. */
      readonly intervals?: Float32Array;
    };

/** Data of the element types that outputs of ours have. */
interface DataOf {
  float32: Float32Array;
  string: readonly string[];
}

function take<D extends keyof DataOf>(tensors: Tensors, name: string, dtype: D): DataOf[D] {
  const tensor = tensors[name];
  if (tensor === undefined || tensor.dtype !== dtype) {
    throw new TrainerError(
      'PREDICT_FAILED',
      `Expected the model to give "${name}" as ${dtype}, got ${tensor?.dtype ?? 'nothing'}. Check the file by: traineragent inspect`,
    );
  }
  return tensor.data as unknown as DataOf[D];
}

/** The output tensors of one or more batches as columns. */
export function collectPredictions(signature: ModelSignature, batches: readonly Tensors[]): PredictedRows {
  const floats = (name: string): Float32Array => {
    const parts = batches.map((batch) => take(batch, name, 'float32'));
    if (parts.length === 1) return parts[0]!;
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  const { output } = signature;
  if (output.kind === 'classification') {
    const labels = batches.flatMap((batch) => take(batch, 'label', 'string'));
    return { kind: 'classification', rowCount: labels.length, labels, probabilities: floats('probabilities') };
  }
  const values = floats('prediction');
  const intervals = output.interval === undefined ? {} : { intervals: floats('interval') };
  return { kind: 'regression', rowCount: values.length, values, ...intervals };
}

/** Output tensors, or collected columns, as one object a row. */
export function decodePredictions(signature: ModelSignature, predicted: Tensors | PredictedRows): PredictionResult[] {
  const rows = isCollected(predicted) ? predicted : collectPredictions(signature, [predicted]);
  if (rows.kind === 'regression') {
    return Array.from(rows.values, (prediction, row) => {
      if (rows.intervals === undefined) return { prediction };
      return { prediction, interval: { low: rows.intervals[row * 2]!, high: rows.intervals[row * 2 + 1]! } };
    });
  }
  const classes = signature.output.kind === 'classification' ? signature.output.classes : [];
  return rows.labels.map((prediction, row) => {
    // Defined, not assigned: a class may be named __proto__.
    const probabilities = Object.fromEntries(
      classes.map((name, i) => [name, rows.probabilities[row * classes.length + i]!]),
    );
    return { prediction, probabilities };
  });
}

function isCollected(predicted: Tensors | PredictedRows): predicted is PredictedRows {
  return typeof (predicted as { kind?: unknown }).kind === 'string';
}
