import { formWords, type ModelForm, roundedForms } from '../../core/helpers/model-forms.ts';
import { searchMetricOf } from '../../core/search-metric.ts';
import type { TaskSpec } from '../../core/task-spec.ts';
import type { FormFact, RunFacts } from './report-facts.ts';
import { formatBytes, formatMilliseconds, formatNumber, metricName } from './wording.ts';

/** The head of a column of scores on validation data, which are of the metric that search compared by. */
export function validationHead(task: TaskSpec | undefined): string {
  return task === undefined ? 'validation score' : `${metricName(searchMetricOf(task))} on validation data`;
}

/**
 * What a score must be read with where it is not that of the file: without rows held back it is cross-validated in float32, and the
 * model is a form with rounded weights.
 */
export function scoredInFloat32({ forms, split, scores }: RunFacts): string | undefined {
  const deployed = forms?.find(({ isDeployed }) => isDeployed)?.form;
  if (scores.length === 0 || (split?.vaultRows ?? 0) > 0 || !roundedForms.some((form) => form === deployed))
    return undefined;
  return `This is the score in float32, not in ${formWords[deployed!]}, which is the model: cross-validation came before its weights were rounded. What that lost on validation data is in the table of forms.`;
}

/** The heads of a table of forms. */
export function formHeads(task: TaskSpec | undefined): readonly string[] {
  return ['form', validationHead(task), 'largest difference', 'file', 'one prediction', 'delivered'];
}

/** A form as a row of texts, in the order of {@link formHeads}; absent is what was not measured. */
export function formRow(form: FormFact): readonly (string | undefined)[] {
  const { score, loss, maxDifference, rows, tolerance, sizeBytes, latencyMs } = form;
  const lost = loss === undefined || loss <= 0 ? '' : ` (${formatNumber(loss)} worse)`;
  return [
    formWords[form.form],
    score === undefined ? undefined : `${formatNumber(score)}${lost}`,
    maxDifference === undefined
      ? undefined
      : `${formatNumber(maxDifference)} on ${formatNumber(rows ?? 0)} rows (at most ${formatNumber(tolerance ?? 0)})`,
    sizeBytes === undefined ? undefined : formatBytes(sizeBytes),
    latencyMs === undefined
      ? undefined
      : `${formatMilliseconds(latencyMs.after)} (${formatMilliseconds(latencyMs.before)} in float32)`,
    form.isDelivered ? `${formFile(form)}${form.isDeployed ? ', the model' : ''}` : `no: ${form.whyNot}`,
  ];
}

/** Where a form stands in the folder of a run's results. */
export function formFile({ form, isDeployed }: { readonly form: ModelForm; readonly isDeployed: boolean }): string {
  if (isDeployed) return 'model.onnx';
  if (form === 'browser') return 'browser';
  if (form === 'javascript') return 'model.mjs';
  return form === 'typescript' ? 'model.ts' : `model.${form}.onnx`;
}
