import { z } from 'zod';
import { modelForms } from '../../core/helpers/model-forms.ts';

/** What is measured of a form beside the file as it was trained; what could not be is absent. */
export const formMeasuresSchema = z.object({
  sizeBytes: z.number().optional(),
  /** Rows that were compared; none where what would predict is not installed. */
  rows: z.number().optional(),
  maxDifference: z.number().optional(),
  meanDifference: z.number().optional(),
  labelDifferences: z.number().optional(),
});

/** What is known of a form before the freeze. */
export const judgedFormSchema = formMeasuresSchema.extend({
  form: z.enum(modelForms),
  /** Why the model can't be had in it. */
  refused: z.string().optional(),
  sizeBytesBefore: z.number(),
  /** What `maxDifference` may be. */
  tolerance: z.number(),
  /** Where weights are rounded: on validation data, greater is better, and what it loses beside float32. */
  score: z.number().optional(),
  loss: z.number().optional(),
  toleratedLoss: z.number().optional(),
});

export type JudgedForm = z.infer<typeof judgedFormSchema>;

/** Why a form that can be made is not to be had without a decision for it. */
export function whyNot({ loss, toleratedLoss, maxDifference, tolerance }: JudgedForm): string | undefined {
  if (loss !== undefined && toleratedLoss !== undefined && !(loss <= toleratedLoss))
    return `it loses ${loss.toPrecision(3)} of the validation score, more than ${toleratedLoss.toPrecision(3)} (a hundredth of the gain over the baseline).`;
  if (maxDifference !== undefined && !(maxDifference <= tolerance))
    return `an answer differs by ${maxDifference.toPrecision(3)}, more than ${tolerance}.`;
  return undefined;
}
