import { z } from 'zod';
import { formWords, type RoundedForm, roundedForms } from '../../core/helpers/model-forms.ts';
import { defineQuestion } from '../../core/question.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import type { TaskSpec } from '../../core/task-spec.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { Members } from './ensemble.ts';
import { decidedBytes, type Fitted, fittedSchema, variantFitter } from './fit-variant.ts';
import { type Forms, formsOf, formsSchema, judgeForms } from './forms.ts';
import { type MeasuredForms, measureForms } from './measure-forms.ts';
import { compressionPrompt } from './prompts/compression.ts';
import type { Searched } from './search.ts';
import { variantsOf } from './variants.ts';

export const compressedSchema = z.object({
  chosen: fittedSchema,
  tried: z.array(fittedSchema),
  whyNotTried: z.string().optional(),
  /** Where the request asks for forms, or where rounding its weights makes the model small enough. */
  forms: formsSchema.optional(),
});

export type Compressed = z.infer<typeof compressedSchema>;

/** What the choice of a variant is made from. */
export interface CompressionSubject {
  readonly variants: readonly {
    readonly id: string;
    readonly what: string;
    readonly score: number;
    readonly sizeBytes: number;
    readonly latencyMs: number;
    readonly memoryBytes?: number;
  }[];
  readonly limits: { readonly sizeBytes?: number; readonly latencyMs?: number; readonly memoryBytes?: number };
}

/** Which size of the model is kept. */
export const compressionQuestion = defineQuestion({
  id: 'model.compression',
  about: compressionPrompt.about,
  prompt: compressionPrompt,
  facts: ({ variants, limits }: CompressionSubject) => ({
    variants: variants.map((variant) => ({ ...variant })),
    limits: { ...limits },
  }),
  answer: ({ variants }) => z.strictObject({ variant: z.enum(variants.map(({ id }) => id) as [string, ...string[]]) }),
  rule: ({ variants, limits }) => {
    const fits = variants.filter((variant) => keeps(limits, variant));
    const best = (list: typeof variants) => list.reduce((a, b) => (b.score > a.score ? b : a));
    if (fits.length === 0) {
      const least = Math.min(...variants.map((variant) => excess(limits, variant)));
      const near = variants.filter((variant) => excess(limits, variant) <= nearly * least);
      return {
        answer: { variant: best(near).id },
        why: `No variant is within the limits; ${near.length === 1 ? 'this comes nearest' : 'of those that come nearest this is the best'}.`,
      };
    }
    if (!fits.includes(variants[0]!))
      return {
        answer: { variant: best(fits).id },
        why: 'The model as it was found exceeds the limits; this is the best within them.',
      };
    // Without a limit that binds, nothing of the score is given away for size.
    const free = fits.filter(
      ({ score, sizeBytes }) => score >= variants[0]!.score && sizeBytes < 0.8 * variants[0]!.sizeBytes,
    );
    if (free.length === 0)
      return {
        answer: { variant: variants[0]!.id },
        why:
          variants.length === 1
            ? 'There is no smaller variant to choose.'
            : 'Every smaller variant loses some of the validation score.',
      };
    return { answer: { variant: best(free).id }, why: 'It is smaller and loses nothing on validation.' };
  },
  // What was measured decides: a language model could only choose what scored worse.
  language: 'unsure',
});

/** Fits the members on all rows outside the vault, tries smaller variants on the folds, and keeps one. */
export const compressStage = defineStage<Compressed>({
  name: 'model.compress',
  agent: 'model',
  to: 'model',
  output: compressedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { members } = context.message<Members>('model.ensemble')!;
    const tools = variantFitter(context);
    const original = await tools.fit('as-found', 'as it was found', members);
    const limits = limitsOf(spec);
    const exceeds = !keeps(limits, original);
    const plans = variantsOf(original, exceeds, context.message<Searched>('model.search')!);
    const cost = plans.reduce((sum, { members: list }) => sum + list.length, 0) * tools.unitsOf(members);
    const whyNotTried =
      plans.length === 0
        ? 'There is nothing to make smaller.'
        : !exceeds && cost > context.budget.left
          ? 'The budget was spent on search.'
          : undefined;
    const tried: Fitted[] = [];
    if (whyNotTried === undefined) {
      for (const plan of plans) {
        const scored = await tools.score(plan.members);
        if (scored !== undefined) tried.push(await tools.fit(plan.id, plan.what, scored));
      }
    }
    const rounded = await roundedVariants(context, spec, original);
    const variants = [original, ...tried, ...rounded.variants];
    const { variant } = await context.ask(compressionQuestion, {
      variants: variants.map(({ id, what, score, sizeBytes, latencyMs, memoryBytes }) => ({
        id,
        what,
        score,
        sizeBytes,
        latencyMs,
        // Only where it decides something.
        ...(limits.memoryBytes === undefined || memoryBytes === undefined ? {} : { memoryBytes }),
      })),
      limits,
    });
    const chosen = variants.find(({ id }) => id === variant)!;
    const forms =
      chosen.form === undefined ? await judgeForms(context, chosen, chosen === original) : rounded.formsOf(chosen.form);
    const kept = chosen === original ? 'The model stays as it was found.' : `The model is kept ${chosen.what}.`;
    return {
      message: {
        chosen,
        tried: variants,
        ...(whyNotTried === undefined ? {} : { whyNotTried }),
        ...(forms === undefined ? {} : { forms }),
      },
      summary: forms === undefined ? kept : `${kept} ${formsInWords(forms)}`,
    };
  },
});

/**
 * The model as it was found with its weights rounded, where its file would be too large, and the request names no forms itself: what such a
 * form loses stands beside what a smaller model loses.
 */
async function roundedVariants(context: StageContext, { forms, limits }: TaskSpec, original: Fitted) {
  const isTooLarge = limits.sizeBytes !== undefined && original.sizeBytes > limits.sizeBytes.value;
  const measured: Pick<MeasuredForms, 'judged' | 'predictionsOf'> =
    isTooLarge && forms === undefined
      ? await measureForms(context, original, roundedForms, true)
      : { judged: [], predictionsOf: () => undefined };
  const judgedOf = (form: RoundedForm) => measured.judged.find((one) => one.form === form);
  return {
    variants: roundedForms.flatMap((form): Fitted[] => {
      const { sizeBytes, loss } = judgedOf(form) ?? {};
      if (sizeBytes === undefined || loss === undefined) return [];
      const rounded = { ...original, id: form, what: `as ${formWords[form]}`, form };
      return [{ ...rounded, score: original.score - loss, sizeBytes: decidedBytes + sizeBytes }];
    }),
    formsOf: (form: RoundedForm): Forms => formsOf([judgedOf(form)!], [form], form, measured.predictionsOf(form)),
  };
}

function formsInWords({ judged, deliver, deploy }: Forms): string {
  const left = judged.filter(({ form }) => !deliver.includes(form)).map(({ form }) => form);
  const words = deliver.length === 0 ? 'None of the other forms is kept' : `Also as ${deliver.join(', ')}`;
  return `${words}${left.length === 0 ? '' : `; not as ${left.join(', ')}`}; ${deploy} is judged.`;
}

function limitsOf({ limits }: TaskSpec): CompressionSubject['limits'] {
  return {
    ...(limits.sizeBytes === undefined ? {} : { sizeBytes: limits.sizeBytes.value }),
    ...(limits.latencyMs === undefined ? {} : { latencyMs: limits.latencyMs.value }),
    ...(limits.memoryBytes === undefined ? {} : { memoryBytes: limits.memoryBytes.value }),
  };
}

/** What a variant may have of that by which the nearest exceeds the limits, to be as near: for so little no score is given away. */
const nearly = 1.05;

interface Costs {
  readonly sizeBytes: number;
  readonly latencyMs: number;
  readonly memoryBytes?: number | undefined;
}

/** What a variant is forecast to take of the limit that it comes nearest to or exceeds most; at most 1 keeps them. */
function excess(limits: CompressionSubject['limits'], variant: Costs): number {
  const shares = (['sizeBytes', 'latencyMs', 'memoryBytes'] as const).map(
    (which) => (variant[which] ?? 0) / (limits[which] ?? Number.POSITIVE_INFINITY),
  );
  return Math.max(...shares);
}

/** Whether a variant is forecast to keep the limits. */
const keeps = (limits: CompressionSubject['limits'], variant: Costs): boolean => excess(limits, variant) <= 1;
