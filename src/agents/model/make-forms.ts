import { z } from 'zod';
import {
  formTolerance,
  isRounded,
  type ModelForm,
  modelForms,
  onnxForms,
  roundedForms,
} from '../../core/helpers/model-forms.ts';
import type { StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { callAction } from '../call-action.ts';
import type { SplitMessage } from '../data/split.ts';
import type { Forms } from './forms.ts';
import { formMeasuresSchema } from './judged-form.ts';

/** A form of the finished file, as it was measured. */
export const madeFormSchema = formMeasuresSchema.extend({
  form: z.enum(modelForms),
  /** Blob of the file or of the module's text; for a browser that of the model in the folder. */
  file: z.string(),
  sizeBytes: z.number(),
  runtime: z.string().optional(),
  latencyMs: z.object({ before: z.number(), after: z.number() }).optional(),
});

export type MadeForm = z.infer<typeof madeFormSchema>;

export const madeFormsSchema = z.object({
  /** The form that is the model. */
  deployed: z.enum(onnxForms),
  made: z.array(madeFormSchema),
  /** Forms that were to be delivered, and why they are not after all. */
  dropped: z.array(z.object({ form: z.enum(modelForms), why: z.string() })),
});

export type MadeForms = z.infer<typeof madeFormsSchema>;

/**
 * Makes the forms that are delivered of the finished file, and holds each against it once more: calibration and decision are inside now.
 *
 * @param float32 - the file as it was trained
 */
export async function makeForms(
  context: StageContext,
  float32: { readonly model: string; readonly sizeBytes: number },
  { deliver, deploy }: Forms,
): Promise<MadeForms> {
  const { train } = context.message<SplitMessage>('data.split')!;
  const made: MadeForm[] = [{ form: 'float32', file: float32.model, sizeBytes: float32.sizeBytes }];
  const dropped: { readonly form: ModelForm; readonly why: string }[] = [];
  const add = async (form: Exclude<ModelForm, 'float32'>, model: string, tolerance: number): Promise<void> => {
    const output = await callAction(context, 'convert', { model, form, train, times: true });
    const why = whyDropped(output, tolerance);
    if (why === undefined) made.push(madeFormSchema.parse({ ...output, form }));
    else dropped.push({ form, why });
  };
  // Decided for by name, a form is delivered with what it loses; only what can not be made is left out.
  for (const form of roundedForms) if (deliver.includes(form)) await add(form, float32.model, Number.POSITIVE_INFINITY);
  const deployed = made.some(({ form }) => form === deploy) ? deploy : 'float32';
  for (const form of ['javascript', 'typescript'] as const)
    if (deliver.includes(form)) await add(form, float32.model, formTolerance[form]);
  if (deliver.includes('browser')) {
    const { file } = made.find(({ form }) => form === deployed)!;
    // Kernels that round differ by a step of the rounding.
    await add('browser', file, isRounded(deployed) ? formTolerance[deployed] : formTolerance.browser);
  }
  return { deployed, made, dropped };
}

type Output = OutputOf<'convert'>;

function whyDropped({ refused, file, maxDifference }: Output, tolerance: number): string | undefined {
  if (refused !== undefined || file === undefined) return refused ?? 'It could not be made.';
  return maxDifference === undefined || maxDifference <= tolerance
    ? undefined
    : `An answer of the finished file differs by ${maxDifference.toPrecision(3)}, more than ${tolerance}.`;
}
