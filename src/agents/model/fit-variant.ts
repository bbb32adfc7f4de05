import { z } from 'zod';
import { roundedForms } from '../../core/helpers/model-forms.ts';
import type { StageContext } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { forecast } from '../server/forecast.ts';
import type { CandidatesMessage } from './candidates.ts';
import { type Member, memberSchema } from './ensemble.ts';
import { everyFit, fitAgain } from './fit-again.ts';
import { weighVariant } from './freeze.ts';
import type { Searched } from './search.ts';

/** Members fitted on all rows outside the vault: a size that the model could have. */
export const fittedSchema = z.object({
  id: z.string(),
  /** In plain words. */
  what: z.string(),
  /** What its weights are rounded to. */
  form: z.enum(roundedForms).optional(),
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

/** What the scores of the decision add to a file. */
export const decidedBytes = 250;

/** Fits and scores members. */
export function variantFitter(context: StageContext) {
  const prepared = context.message<Prepared>('data.prepare')!;
  const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
  const { ranking } = context.message<Searched>('model.search')!;
  const fits = everyFit(prepared);
  return {
    unitsOf: (members: readonly Member[]) =>
      members.reduce((sum, { trial }) => sum + (ranking.find((ranked) => ranked.trial === trial)?.cost ?? 0), 0) *
      (fits.length + 1),
    async fit(id: string, what: string, members: readonly Member[]): Promise<Fitted> {
      const fitted: Fitted['members'] = [];
      let parameterBytes = 0;
      let operationsPerRow = 0;
      for (const member of members) {
        const { learner, configuration, iterations, features } = member;
        const output = await callAction(
          context,
          'refit',
          {
            set: prepared.set,
            learner,
            configuration,
            ...(iterations === undefined ? {} : { iterations }),
            ...(features === undefined ? {} : { features }),
            seed: `${context.input.seed}/refit`,
          },
          { onHost: onHost.includes(learner) },
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
        const output = await fitAgain(context, member, { fits, iterations: member.iterations });
        if (output.scores === undefined || output.predictions === undefined) return undefined;
        const score = output.scores.reduce((a, b) => a + b, 0) / output.scores.length;
        scored.push({ ...member, predictions: [output.predictions], score, foldScores: [...output.scores] });
      }
      return scored;
    },
  };
}
