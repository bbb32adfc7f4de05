import { z } from 'zod';
import { defineStage, type StageContext } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Cleaned } from '../data/clean.ts';
import type { Prepared } from '../data/prepare.ts';
import type { SplitMessage } from '../data/split.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import { foldScoreSchema } from './decide.ts';
import type { Frozen } from './freeze.ts';
import type { Searched } from './search.ts';

const scoreSchema = z.discriminatedUnion('defined', [
  z.object({
    metric: z.string(),
    defined: z.literal(true),
    value: z.number(),
    low: z.number(),
    high: z.number(),
    method: z.string(),
    threshold: z.number().optional(),
    meets: z.boolean().optional(),
    probability: z.number().optional(),
  }),
  z.object({ metric: z.string(), defined: z.literal(false), reason: z.string() }),
]);

export const evaluatedSchema = z.object({
  /** Absent where the data were too few for a vault. */
  vault: z
    .object({
      rows: z.number(),
      unseenClassRows: z.number(),
      scores: z.array(scoreSchema),
      baseline: z.array(scoreSchema),
      gain: z.object({ gain: z.number(), low: z.number(), high: z.number(), probabilityBetter: z.number() }).optional(),
      curves: z.array(z.looseObject({ kind: z.string() })),
      coverage: z.number().optional(),
      predictions: z.string(),
      /** Other models that were judged on these rows before. */
      readsBefore: z.number(),
    })
    .optional(),
  /** Nested cross-validation, where there is no vault. */
  nested: z
    .object({
      scores: z.array(foldScoreSchema),
      baseline: z.array(foldScoreSchema),
    })
    .optional(),
});

export type Evaluated = z.infer<typeof evaluatedSchema>;

/** Candidates that nested cross-validation chooses among in each outer fold. */
const nestedCandidates = 8;

/** The one look into the vault: recorded before it happens, with the hash of the model. */
export const evaluateStage = defineStage<Evaluated>({
  name: 'model.evaluate',
  agent: 'model',
  to: 'task',
  output: evaluatedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const split = context.message<SplitMessage>('data.split')!;
    const { plan } = context.message<Cleaned>('data.clean')!;
    const prepared = context.message<Prepared>('data.prepare')!;
    const frozen = context.message<Frozen>('model.freeze')!;
    const wishes = spec.metrics.map(({ metric, threshold }) =>
      threshold === undefined ? { metric } : { metric, threshold },
    );
    if (split.vault === undefined) {
      const candidates = nestedCandidatesOf(context);
      const { onHost } = context.message<CandidatesMessage>('model.candidates')!;
      const nested = await callAction(
        context,
        'nested',
        {
          set: prepared.set,
          folds: split.folds,
          candidates,
          metrics: wishes.map(({ metric }) => metric),
          seed: context.input.seed,
        },
        { onHost: candidates.some(({ learner }) => onHost.includes(learner)) },
      );
      context.budget.spend(nested.workUnits);
      return {
        message: { nested: { scores: [...nested.scores], baseline: [...nested.baseline] } },
        summary: `Nested cross-validation: ${nested.scores.map(({ metric, value }) => `${metric} ${value.toPrecision(4)}`).join(', ')}.`,
      };
    }
    const readsBefore = await context.readVault(split.vault, frozen.model);
    const output = await callAction(context, 'evaluate', {
      model: frozen.model,
      vault: split.vault,
      ...(split.vaultGroups === undefined ? {} : { groups: split.vaultGroups }),
      ordered: split.method === 'time',
      problem: { task: prepared.task, classCount: prepared.classes.length },
      target: spec.target.value,
      classes: prepared.classes,
      plan,
      metrics: wishes,
      baseline: frozen.baseline,
      seed: context.input.seed,
    });
    const shown = output.scores.map((score) =>
      score.defined
        ? `${score.metric} ${score.value.toPrecision(4)} [${score.low.toPrecision(4)}, ${score.high.toPrecision(4)}]`
        : `${score.metric} undefined`,
    );
    return {
      message: { vault: { ...output, readsBefore } as unknown as NonNullable<Evaluated['vault']> },
      summary: `${output.rows} rows of the vault: ${shown.join(', ')}.`,
    };
  },
});

function nestedCandidatesOf(context: StageContext) {
  const { ranking } = context.message<Searched>('model.search')!;
  return ranking.slice(0, nestedCandidates).map(({ learner, configuration, iterations }) => ({
    learner,
    configuration,
    ...(iterations === undefined ? {} : { iterations }),
  }));
}
