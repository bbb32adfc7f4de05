import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import type { TaskSpec } from '../../core/task-spec.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { forecast } from '../server/forecast.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import { type Member, type Members, memberSchema } from './ensemble.ts';
import { searchSeed } from './fit-again.ts';
import { type Forms, formsSchema, judgeForms } from './forms.ts';
import { weighVariant } from './freeze.ts';
import { compressionPrompt } from './prompts/compression.ts';
import type { Searched } from './search.ts';
import { variantsOf } from './variants.ts';

const fittedSchema = z.object({
  id: z.string(),
  /** In plain words. */
  what: z.string(),
  members: z.array(memberSchema.extend({ model: z.string(), importance: z.array(z.number()) })),
  /** Weighted mean of the members' validation scores; greater is better. */
  score: z.number(),
  /** Of the fitted members. */
  parameterBytes: z.number(),
  /** Of the file that it would become, weighed. */
  sizeBytes: z.number(),
  operationsPerRow: z.number(),
  /** Forecast of one prediction. */
  latencyMs: z.number(),
  /** Forecast of the memory of a process that serves it. */
  memoryBytes: z.number().optional(),
});

export type Fitted = z.infer<typeof fittedSchema>;

export const compressedSchema = z.object({
  chosen: fittedSchema,
  tried: z.array(fittedSchema),
  whyNotTried: z.string().optional(),
  /** Where the request asks for forms. */
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
      const smallest = variants.reduce((a, b) => (b.sizeBytes < a.sizeBytes ? b : a));
      return { answer: { variant: smallest.id }, why: 'No variant is within the limits; this is the smallest.' };
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
    const tools = fitter(context, spec);
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
    const variants = [original, ...tried];
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
    const forms = await judgeForms(context, chosen, chosen === original);
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

/** Whether a variant is forecast to keep the limits. */
function keeps(
  limits: CompressionSubject['limits'],
  variant: { readonly sizeBytes: number; readonly latencyMs: number; readonly memoryBytes?: number | undefined },
): boolean {
  return (
    variant.sizeBytes <= (limits.sizeBytes ?? Number.POSITIVE_INFINITY) &&
    (variant.memoryBytes ?? 0) <= (limits.memoryBytes ?? Number.POSITIVE_INFINITY) &&
    variant.latencyMs <= (limits.latencyMs ?? Number.POSITIVE_INFINITY)
  );
}

/** What the scores of the decision add to a file. */
const decidedBytes = 250;

function fitter(context: StageContext, spec: TaskSpec) {
  const prepared = context.message<Prepared>('data.prepare')!;
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  const { ranking } = context.message<Searched>('model.search')!;
  const { metric } = spec.metrics[0]!;
  const fits = Array.from({ length: prepared.folds * prepared.repeats }, (_, i) => ({
    repeat: Math.floor(i / prepared.folds),
    fold: i % prepared.folds,
  }));
  const options = (learner: string) => ({ onHost: onHost.includes(learner) });
  const featuresOf = ({ features }: Member) => (features === undefined ? {} : { features });
  return {
    unitsOf: (members: readonly Member[]) =>
      members.reduce((sum, { trial }) => sum + (ranking.find((ranked) => ranked.trial === trial)?.cost ?? 0), 0) *
      (fits.length + 1),
    async fit(id: string, what: string, members: readonly Member[]): Promise<Fitted> {
      const fitted: Fitted['members'] = [];
      let parameterBytes = 0;
      let operationsPerRow = 0;
      for (const member of members) {
        const { learner, configuration, iterations } = member;
        const output = await callAction(
          context,
          'refit',
          {
            set: prepared.set,
            learner,
            configuration,
            ...(iterations === undefined ? {} : { iterations }),
            ...featuresOf(member),
            seed: `${context.input.seed}/refit`,
          },
          options(learner),
        );
        context.budget.spend(output.workUnits);
        parameterBytes += output.sizeBytes;
        operationsPerRow += output.operationsPerRow;
        fitted.push({ ...member, model: output.model, importance: [...output.importance] });
      }
      const fileBytes = decidedBytes + (await weighVariant(context, { members: fitted }));
      const { sizeBytes, latencyMs, memoryBytes } = forecast(prepared, {
        operationsPerRow,
        fileBytes,
        members: members.length,
      });
      return {
        id,
        what,
        members: fitted,
        score: members.reduce((sum, { score, weight }) => sum + weight * score, 0),
        parameterBytes,
        sizeBytes,
        operationsPerRow,
        latencyMs,
        memoryBytes,
      };
    },
    /** The members scored on every fold; undefined where one failed. */
    async score(members: readonly Member[]): Promise<Member[] | undefined> {
      const scored: Member[] = [];
      for (const member of members) {
        const { learner, configuration, iterations } = member;
        const output = await callAction(
          context,
          'trial',
          {
            set: prepared.set,
            learner,
            configuration,
            ...(iterations === undefined ? {} : { iterations }),
            ...featuresOf(member),
            iterationShare: 1,
            fits,
            metric,
            seed: searchSeed(context, member.trial),
          },
          options(learner),
        );
        context.budget.spend(output.workUnits);
        if (output.scores === undefined || output.predictions === undefined) return undefined;
        const score = output.scores.reduce((a, b) => a + b, 0) / output.scores.length;
        scored.push({ ...member, predictions: [output.predictions], score, foldScores: [...output.scores] });
      }
      return scored;
    },
  };
}
