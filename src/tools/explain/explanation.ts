import type { Tensors } from '../../backends/backend.ts';
import type { ModelSignature } from '../../onnx/signature.ts';
import { collectPredictions } from '../artefact/decode-predictions.ts';
import type { Explainer } from './explainer.ts';

/** What led to one prediction. */
export interface Explanation {
  /** The prediction that is explained. */
  readonly prediction: string | number;
  /** What the contributions add up in: the value's own unit, or for a class the score before sigmoid or softmax and calibration. */
  readonly scale: 'value' | 'log-odds';
  /** The class whose score is explained: the predicted one, for two classes always the positive one. */
  readonly class?: string;
  /** The score that is expected before anything is known of the record. */
  readonly base: number;
  /** SHAP values by column, largest first: `base` plus their sum is the score. */
  readonly contributions: readonly { readonly column: string; readonly value: number }[];
}

/** The explanations of some rows, from the outputs of the explainer's model. */
export async function explainRows(
  explainer: Explainer,
  signature: ModelSignature,
  tensors: Tensors,
  signal?: AbortSignal,
): Promise<Explanation[]> {
  const rows = collectPredictions(signature, [tensors]);
  const { output } = signature;
  const explanations: Explanation[] = [];
  for (let row = 0; row < rows.rowCount; row++) {
    signal?.throwIfAborted();
    // Hundreds of trees take milliseconds a row.
    if (row > 0) await new Promise((resolve) => setImmediate(resolve));
    const prediction = rows.kind === 'regression' ? rows.values[row]! : rows.labels[row]!;
    const classes = output.kind === 'classification' ? output.classes : [];
    const k = explainer.outputs === 1 ? 0 : Math.max(0, classes.indexOf(String(prediction)));
    const { values } = explainer.explain(tensors, row);
    const contributions = signature.inputs
      .map(({ name }, input) => ({ column: name, value: values[input * explainer.outputs + k]! }))
      .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const about = explainer.outputs === 1 ? classes[1] : classes[k];
    explanations.push({
      prediction,
      scale: output.kind === 'regression' ? 'value' : 'log-odds',
      ...(about === undefined ? {} : { class: about }),
      base: explainer.expected[k]!,
      contributions,
    });
  }
  return explanations;
}
