import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { type Planned, stepOf } from '../task/stages/plan.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { ensemblePrompt } from './prompts/ensemble.ts';
import type { Ranked, Searched } from './search.ts';

/** What the choice between one model and a blend is made from. */
export interface EnsembleSubject {
  readonly best: { readonly learner: string; readonly score: number };
  readonly blend: readonly { readonly learner: string; readonly weight: number }[];
  /** Gain of the blend over the best alone, and its standard error, by `criterion`. */
  readonly gain: number;
  readonly standardError: number;
  readonly criterion: string;
  /** Whether the request limits size, latency or memory. */
  readonly isLimited: boolean;
}

/** One model or a blend. */
export const ensembleQuestion = defineQuestion({
  id: 'model.ensemble',
  about: ensemblePrompt.about,
  prompt: ensemblePrompt,
  facts: (subject: EnsembleSubject) => ({ ...subject, blend: subject.blend.map((member) => ({ ...member })) }),
  answer: () => z.strictObject({ use: z.enum(['single', 'blend']) }),
  rule: ({ blend, gain, standardError }) =>
    blend.length > 1
      ? {
          answer: { use: 'blend' as const },
          why: `The blend gains ${gain.toPrecision(3)} out of fold, more than its standard error ${standardError.toPrecision(3)}.`,
        }
      : { answer: { use: 'single' as const }, why: 'No blend gains more than noise over the best candidate alone.' },
  check: ({ use }, { blend }) =>
    use === 'blend' && blend.length < 2
      ? [{ path: 'use', message: 'Expected "single": there is no blend that gains.' }]
      : [],
  // What was measured decides: a language model could only choose what scored worse.
  language: 'unsure',
});

/** A candidate with its weight in the model. */
export const memberSchema = z.object({
  trial: z.number(),
  learner: z.string(),
  configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  iterations: z.number().optional(),
  features: z.array(z.number()).optional(),
  weight: z.number(),
  predictions: z.array(z.string()),
  score: z.number(),
  foldScores: z.array(z.number()),
});

export type Member = z.infer<typeof memberSchema>;

export const membersSchema = z.object({ members: z.array(memberSchema).min(1), gain: z.number() });

export type Members = z.infer<typeof membersSchema>;

/** Candidates that a blend may be made of. */
const maxCandidates = 12;

/** Chooses the best candidate, or a blend. */
export const ensembleStage = defineStage<Members>({
  name: 'model.ensemble',
  agent: 'model',
  to: 'model',
  output: membersSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { ranking } = context.message<Searched>('model.search')!;
    const prepared = context.message<Prepared>('data.prepare')!;
    const planned = stepOf(context.message<Planned>('task.plan')!, 'ensemble');
    const candidates = ranking.slice(0, planned === undefined ? 1 : maxCandidates);
    const blend = await callAction(context, 'combine', {
      set: prepared.set,
      candidates: candidates.map(({ predictions }) => predictions),
      metric: spec.metrics[0]!.metric,
      maxMembers: planned?.members ?? 1,
      seed: context.input.seed,
    });
    const weighted = candidates.flatMap((candidate, i) =>
      blend.weights[i]! > 0 ? [asMember(candidate, blend.weights[i]!)] : [],
    );
    const { use } = await context.ask(ensembleQuestion, {
      best: { learner: candidates[0]!.learner, score: candidates[0]!.score },
      blend: weighted.map(({ learner, weight }) => ({ learner, weight })),
      gain: blend.gain,
      standardError: blend.standardError,
      criterion: blend.criterion,
      isLimited: Object.keys(spec.limits).some((limit) => limit !== 'trainSeconds'),
    });
    const members = use === 'blend' ? weighted : [asMember(candidates[0]!, 1)];
    return {
      message: { members, gain: use === 'blend' ? blend.gain : 0 },
      summary:
        use === 'blend'
          ? `A blend of ${members.map(({ learner, weight }) => `${learner} ${weight.toFixed(2)}`).join(', ')}.`
          : `One model: ${members[0]!.learner}.`,
    };
  },
});

function asMember(
  { trial, learner, configuration, iterations, predictions, score, foldScores }: Ranked,
  weight: number,
): Member {
  return {
    trial,
    learner,
    configuration,
    ...(iterations === undefined ? {} : { iterations }),
    weight,
    predictions,
    score,
    foldScores,
  };
}
