import { z } from 'zod';
import { isRounded, type ModelForm, modelForms, onnxForms } from '../../core/helpers/model-forms.ts';
import { defineQuestion } from '../../core/question.ts';
import type { StageContext } from '../../core/stage.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { Fitted } from './fit-variant.ts';
import { type JudgedForm, judgedFormSchema, whyNot } from './judged-form.ts';
import { measureForms } from './measure-forms.ts';
import { formsPrompt } from './prompts/forms.ts';

export const formsSchema = z.object({
  judged: z.array(judgedFormSchema),
  deliver: z.array(z.enum(modelForms)),
  deploy: z.enum(onnxForms),
  /** Blob of what the form that is deployed predicts on validation rows, where its weights are rounded. */
  predictions: z.string().optional(),
});

export type Forms = z.infer<typeof formsSchema>;

/** What the choice among forms is made from. */
export interface FormsSubject {
  readonly forms: readonly JudgedForm[];
  readonly float32: { readonly sizeBytes: number; readonly score: number; readonly isAsked: boolean };
  readonly limits: { readonly sizeBytes?: number };
}

/** Which forms are delivered, and which is the model. */
export const formsQuestion = defineQuestion({
  id: 'model.forms',
  about: formsPrompt.about,
  prompt: formsPrompt,
  facts: ({ forms, float32, limits }: FormsSubject) => ({
    forms: forms.map((form) => ({ ...form })),
    float32: { ...float32 },
    limits: { ...limits },
  }),
  answer: ({ forms }) => {
    const made = forms.filter(({ refused }) => refused === undefined).map(({ form }) => form);
    const deployed = onnxForms.filter((form) => form === 'float32' || made.includes(form));
    return z.strictObject({
      deliver: z.array(z.enum(made as [ModelForm, ...ModelForm[]])),
      deploy: z.enum(deployed as [ModelForm, ...ModelForm[]]),
    });
  },
  rule: ({ forms, float32, limits }) => {
    const kept = forms.filter((form) => form.refused === undefined && whyNot(form) === undefined);
    const left = forms.filter((form) => form.refused === undefined && whyNot(form) !== undefined);
    const rounded = kept.filter(({ form }) => isRounded(form));
    const smallest = rounded.reduce<JudgedForm | undefined>(
      (best, form) => (best === undefined || form.sizeBytes! < best.sizeBytes! ? form : best),
      undefined,
    );
    // Asked for too, the file as it was trained is the model, unless it is too large.
    const isFull = float32.isAsked && float32.sizeBytes <= (limits.sizeBytes ?? Number.POSITIVE_INFINITY);
    const deploy = smallest === undefined || isFull ? ('float32' as const) : smallest.form;
    const why = [
      kept.length === 0
        ? 'No form is as good as the file as it was trained.'
        : `${listOf(kept)}: within the tolerance.`,
      ...left.map((form) => `Not ${form.form}: ${whyNot(form)}`),
    ];
    return { answer: { deliver: kept.map(({ form }) => form), deploy: deploy as ModelForm }, why: why.join(' ') };
  },
  check: ({ deliver, deploy }) =>
    deploy === 'float32' || deliver.includes(deploy)
      ? []
      : [{ path: 'deploy', message: 'Expected float32, or one of the forms that are delivered.' }],
  // What was measured decides: a language model could only choose what is worse.
  language: 'unsure',
});

const listOf = (forms: readonly JudgedForm[]): string => forms.map(({ form }) => form).join(', ');

/**
 * Makes each form that the request asks for of the chosen model, and chooses among them.
 *
 * @param isFound - whether the members are as search found them
 */
export async function judgeForms(context: StageContext, chosen: Fitted, isFound: boolean): Promise<Forms | undefined> {
  const { forms, limits } = taskSpecOf(context);
  if (forms === undefined || forms.length === 0) return undefined;
  const asked = forms.map(({ form }) => form);
  const others = asked.filter((form) => form !== 'float32');
  if (others.length === 0) return { judged: [], deliver: [], deploy: 'float32' };
  const { sizeBytes, judged, predictionsOf } = await measureForms(context, chosen, others, isFound);
  const subject: FormsSubject = {
    forms: judged,
    float32: { sizeBytes, score: chosen.score, isAsked: asked.includes('float32') },
    limits: limits.sizeBytes === undefined ? {} : { sizeBytes: limits.sizeBytes.value },
  };
  const { deliver, deploy } = judged.every(({ refused }) => refused !== undefined)
    ? { deliver: [], deploy: 'float32' as const }
    : await context.ask(formsQuestion, subject);
  return formsOf(judged, deliver, deploy as Forms['deploy'], predictionsOf(deploy));
}

/** What was judged, what of it is kept, and which is the model. */
export function formsOf(
  judged: readonly JudgedForm[],
  deliver: readonly ModelForm[],
  deploy: Forms['deploy'],
  predictions: string | undefined,
): Forms {
  return {
    judged: [...judged],
    deliver: [...deliver],
    deploy,
    ...(predictions === undefined ? {} : { predictions }),
  };
}
