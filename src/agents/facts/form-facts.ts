import type { ModelForm } from '../../core/helpers/model-forms.ts';
import { searchMetricOf } from '../../core/search-metric.ts';
import { shownScore, type TaskSpec } from '../../core/task-spec.ts';
import type { FormFact } from '../../tools/report/report-facts.ts';
import type { Compressed } from '../model/compress.ts';
import type { Frozen } from '../model/freeze.ts';
import { formMeasuresSchema, whyNot } from '../model/judged-form.ts';
import type { Records } from './records.ts';

type Messages = ReadonlyMap<string, unknown>;

/** The forms of a finished model, the one that is the model first; undefined where it has one alone. */
export function formFacts(
  messages: Messages,
  spec: TaskSpec | undefined,
  records: Records,
): readonly FormFact[] | undefined {
  const compressed = messages.get('model.compress') as Compressed | undefined;
  const made = (messages.get('model.freeze') as Frozen | undefined)?.forms;
  if (spec === undefined || compressed?.forms === undefined || made === undefined) return undefined;
  const metric = searchMetricOf(spec);
  const left = formsLeftOut(messages);
  const { chosen, forms } = compressed;
  const judgedOf = (form: ModelForm) => forms.judged.find((one) => one.form === form);
  const shown = (form: ModelForm): Pick<FormFact, 'score' | 'loss' | 'toleratedLoss'> => {
    const { score, loss, toleratedLoss } = judgedOf(form) ?? {};
    if (form === 'float32') return { score: shownScore(metric, chosen.score) };
    return {
      ...(score === undefined ? {} : { score: shownScore(metric, score) }),
      ...(loss === undefined ? {} : { loss }),
      ...(toleratedLoss === undefined ? {} : { toleratedLoss }),
    };
  };
  const delivered = made.made.map(({ form, file, ...measured }): FormFact => {
    const tolerance = judgedOf(form)?.tolerance;
    return {
      form,
      isDeployed: form === made.deployed,
      isDelivered: true,
      ...shown(form),
      ...(measured as Omit<FormFact, 'form' | 'isDeployed' | 'isDelivered'>),
      ...(tolerance === undefined ? {} : { tolerance }),
      hash: file,
      ...records.message('model.freeze'),
    };
  });
  const others = left.map(({ form, why }): FormFact => {
    const judged = judgedOf(form)!;
    return {
      form,
      isDeployed: false,
      isDelivered: false,
      whyNot: why,
      ...shown(form),
      ...(formMeasuresSchema.parse(judged) as Pick<FormFact, 'sizeBytes'>),
      tolerance: judged.tolerance,
      ...records.message('model.compress'),
    };
  });
  return [...delivered.sort((a, b) => Number(b.isDeployed) - Number(a.isDeployed)), ...others];
}

/** Forms that were to be had and are not delivered, each with why. */
export function formsLeftOut(messages: Messages): readonly { readonly form: ModelForm; readonly why: string }[] {
  const forms = (messages.get('model.compress') as Compressed | undefined)?.forms;
  const made = (messages.get('model.freeze') as Frozen | undefined)?.forms;
  if (forms === undefined || made === undefined) return [];
  return forms.judged.flatMap((judged) => {
    const { form, refused } = judged;
    if (made.made.some((one) => one.form === form)) return [];
    const dropped = made.dropped.find((one) => one.form === form)?.why;
    return [{ form, why: capital(refused ?? dropped ?? whyNot(judged) ?? 'a decision left it out.') }];
  });
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
