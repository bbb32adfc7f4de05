import {
  formTolerance,
  type ModelForm,
  type RoundedForm,
  roundedForms,
  toleratedShare,
} from '../../core/helpers/model-forms.ts';
import type { StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { SplitMessage } from '../data/split.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { everyFit, fitAgain } from './fit-again.ts';
import type { Fitted } from './fit-variant.ts';
import { partsOf, whereOf } from './freeze.ts';
import { formMeasuresSchema, type JudgedForm } from './judged-form.ts';
import type { Searched } from './search.ts';

/** Fitted members as one file, and the forms that were made of it. */
export interface MeasuredForms {
  /** Of the file as it was trained, before anything is decided about what comes out of it. */
  readonly sizeBytes: number;
  readonly judged: readonly JudgedForm[];
  /** Blob of what a form with rounded weights predicts on validation rows. */
  predictionsOf(form: ModelForm): string | undefined;
}

/**
 * Makes forms of fitted members as they stand before calibration, and scores those with rounded weights on the folds.
 *
 * @param isFound - whether the members are as search found them, so that their fits stop early as they did there
 */
export async function measureForms(
  context: StageContext,
  chosen: Fitted,
  forms: readonly Exclude<ModelForm, 'float32'>[],
  isFound: boolean,
): Promise<MeasuredForms> {
  const { train } = context.message<SplitMessage>('data.split')!;
  const draft = await callAction(context, 'freeze', draftOf(context, chosen), whereOf(context, chosen));
  const made: { readonly form: ModelForm; readonly output: OutputOf<'convert'> }[] = [];
  for (const form of forms)
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
      ...formMeasuresSchema.parse(output),
      tolerance: formTolerance[form],
      ...(score === undefined
        ? {}
        : { score, loss: base - score, toleratedLoss: toleratedShare * Math.abs(base - (baseline?.score ?? 0)) }),
    };
  });
  return {
    sizeBytes: draft.sizeBytes,
    judged,
    predictionsOf: (form) => scored?.forms.find((one) => one.form === form)?.predictions,
  };
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
  const { learnRows } = context.message<Searched>('model.search')!;
  const { metric } = taskSpecOf(context).metrics[0]!;
  const fits = everyFit(prepared);
  const members: Parameters<typeof callAction<'judge-forms'>>[2]['members'][number][] = [];
  for (const member of chosen.members) {
    const { iterations, features, weight } = member;
    const output = await fitAgain(context, member, {
      fits,
      iterations: isFound ? undefined : iterations,
      learnRows,
      keepModels: true,
    });
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
