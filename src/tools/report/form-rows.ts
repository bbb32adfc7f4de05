import { formWords, type ModelForm } from '../../core/helpers/model-forms.ts';
import type { FormFact } from './report-facts.ts';
import { formatBytes, formatMilliseconds, formatNumber } from './wording.ts';

/** The heads of a table of forms. */
export const formHeads = [
  'form',
  'validation score',
  'largest difference',
  'file',
  'one prediction',
  'delivered',
] as const;

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
