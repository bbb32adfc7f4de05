import { z } from 'zod';
import {
  formTolerance,
  isRounded,
  type ModelForm,
  modelForms,
  onnxForms,
  type RoundedForm,
  roundedForms,
  toleratedShare,
} from '../../core/helpers/model-forms.ts';
import { defineQuestion } from '../../core/question.ts';
import type { StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { SplitMessage } from '../data/split.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import type { Fitted } from './compress.ts';
import { searchSeed } from './fit-again.ts';
import { partsOf, whereOf } from './freeze.ts';
import { formsPrompt } from './prompts/forms.ts';
import type { Searched } from './search.ts';

/** What is known of a form before the freeze. */
export const judgedFormSchema = z.object({
  form: z.enum(modelForms),
  /** Why the model can't be had in it. */
  refused: z.string().optional(),
  sizeBytesBefore: z.number(),
  sizeBytes: z.number().optional(),
  /** From the file as it was trained, over `rows` rows; absent where what would predict is not installed. */
  rows: z.number().optional(),
  maxDifference: z.number().optional(),
  meanDifference: z.number().optional(),
  labelDifferences: z.number().optional(),
  /** What `maxDifference` may be. */
  tolerance: z.number(),
  /** Where weights are rounded: on validation data, greater is better, and what it loses beside float32. */
  score: z.number().optional(),
  loss: z.number().optional(),
  toleratedLoss: z.number().optional(),
});

export type JudgedForm = z.infer<typeof judgedFormSchema>;

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

/** Why a form that can be made is not to be had without a decision for it. */
export function whyNot({ loss, toleratedLoss, maxDifference, tolerance }: JudgedForm): string | undefined {
  if (loss !== undefined && toleratedLoss !== undefined && !(loss <= toleratedLoss))
    return `it loses ${loss.toPrecision(3)} of the validation score, more than ${toleratedLoss.toPrecision(3)} (a hundredth of the gain over the baseline).`;
  if (maxDifference !== undefined && !(maxDifference <= tolerance))
    return `an answer differs by ${maxDifference.toPrecision(3)}, more than ${tolerance}.`;
  return undefined;
}

/** The forms that a request asks for; none where it says nothing. */
const askedForms = (context: StageContext): readonly ModelForm[] =>
  (taskSpecOf(context).forms ?? []).map(({ form }) => form);

/**
 * Makes each form that was asked for of the chosen model as it stands before calibration, scores those with rounded weights on the folds, and
 * chooses among them.
 *
 * @param isFound - whether the members are as search found them, so that their fits stop early as they did there
 */
export async function judgeForms(context: StageContext, chosen: Fitted, isFound: boolean): Promise<Forms | undefined> {
  const asked = askedForms(context);
  const others = asked.filter((form) => form !== 'float32');
  if (asked.length === 0) return undefined;
  if (others.length === 0) return { judged: [], deliver: [], deploy: 'float32' };
  const { train } = context.message<SplitMessage>('data.split')!;
  const draft = await callAction(context, 'freeze', draftOf(context, chosen), whereOf(context, chosen));
  const made: { readonly form: ModelForm; readonly output: OutputOf<'convert'> }[] = [];
  for (const form of others)
    made.push({ form, output: await callAction(context, 'convert', { model: draft.model, form, train }) });
  const rounded = roundedForms.filter((form) =>
    made.some((one) => one.form === form && one.output.refused === undefined),
  );
  const scored = rounded.length === 0 ? undefined : await scoreForms(context, chosen, rounded, isFound);
  const { baseline } = context.message<Searched>('model.search')!;
  const judged = made.map(({ form, output }): JudgedForm => {
    const own = scored?.forms.find((one) => one.form === form);
    const base = meanOf(scored?.scores ?? []);
    const score = own?.scores === undefined ? undefined : meanOf(own.scores);
    const refused = output.refused ?? own?.refused;
    return {
      form,
      ...(refused === undefined ? {} : { refused }),
      sizeBytesBefore: output.sizeBytesBefore,
      ...(output.sizeBytes === undefined ? {} : { sizeBytes: output.sizeBytes }),
      ...(output.rows === undefined ? {} : { rows: output.rows }),
      ...(output.maxDifference === undefined ? {} : { maxDifference: output.maxDifference }),
      ...(output.meanDifference === undefined ? {} : { meanDifference: output.meanDifference }),
      ...(output.labelDifferences === undefined ? {} : { labelDifferences: output.labelDifferences }),
      tolerance: formTolerance[form],
      ...(score === undefined
        ? {}
        : { score, loss: base - score, toleratedLoss: toleratedShare * Math.abs(base - (baseline?.score ?? 0)) }),
    };
  });
  const subject: FormsSubject = {
    forms: judged,
    float32: { sizeBytes: draft.sizeBytes, score: chosen.score, isAsked: asked.includes('float32') },
    limits: limitOf(context),
  };
  const { deliver, deploy } = judged.every(({ refused }) => refused !== undefined)
    ? { deliver: [], deploy: 'float32' as const }
    : await context.ask(formsQuestion, subject);
  const predictions = scored?.forms.find(({ form }) => form === deploy)?.predictions;
  return {
    judged,
    deliver: [...deliver],
    deploy: deploy as Forms['deploy'],
    ...(predictions === undefined ? {} : { predictions }),
  };
}

function limitOf(context: StageContext): FormsSubject['limits'] {
  const { sizeBytes } = taskSpecOf(context).limits;
  return sizeBytes === undefined ? {} : { sizeBytes: sizeBytes.value };
}

/** The members as one file, before anything is decided about what comes out of it. */
const draftOf = (context: StageContext, chosen: Pick<Fitted, 'members'>) => ({
  ...partsOf(context, chosen, { calibration: { kind: 'none' }, scores: [] }),
  isWeighed: true,
});

/** Fits the members on every fold again, keeps the fits, and scores their files in each form. */
async function scoreForms(
  context: StageContext,
  chosen: Fitted,
  forms: readonly RoundedForm[],
  isFound: boolean,
): Promise<OutputOf<'judge-forms'>> {
  const prepared = context.message<Prepared>('data.prepare')!;
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  const { learnRows } = context.message<Searched>('model.search')!;
  const { metric } = taskSpecOf(context).metrics[0]!;
  const fits = Array.from({ length: prepared.folds * prepared.repeats }, (_, i) => ({
    repeat: Math.floor(i / prepared.folds),
    fold: i % prepared.folds,
  }));
  const members: Parameters<typeof callAction<'judge-forms'>>[2]['members'][number][] = [];
  for (const { trial, learner, configuration, iterations, features, weight } of chosen.members) {
    const output = await callAction(
      context,
      'trial',
      {
        set: prepared.set,
        learner,
        configuration,
        ...(isFound || iterations === undefined ? {} : { iterations }),
        ...(features === undefined ? {} : { features }),
        iterationShare: 1,
        fits,
        metric,
        ...(learnRows === undefined ? {} : { learnRows }),
        seed: searchSeed(context, trial),
        keepModels: true,
      },
      { onHost: onHost.includes(learner) },
    );
    context.budget.spend(output.workUnits);
    if (output.models === undefined)
      return {
        scores: [],
        forms: forms.map((form) => ({
          form,
          refused: `It could not be judged on validation data: ${output.failed ?? 'a fit failed'}.`,
        })),
      };
    members.push({ models: [...output.models], weight, ...(features === undefined ? {} : { features }) });
  }
  const { members: _chosen, ...draft } = draftOf(context, chosen);
  return callAction(
    context,
    'judge-forms',
    { ...draft, set: prepared.set, fits, metric, forms: [...forms], members },
    whereOf(context, chosen),
  );
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
