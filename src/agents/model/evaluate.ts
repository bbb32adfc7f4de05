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

const importanceSchema = z.object({
  metric: z.string(),
  rows: z.number(),
  of: z.number(),
  shuffles: z.number(),
  columns: z.array(z.object({ column: z.string(), drop: z.number(), low: z.number(), high: z.number() })),
});

const groupsSchema = z.object({
  column: z.string(),
  metric: z.string(),
  groups: z.array(
    z.object({
      rows: z.number(),
      value: z.number().optional(),
      low: z.number().optional(),
      high: z.number().optional(),
      predictedPositive: z.number().optional(),
    }),
  ),
  otherRows: z.number(),
  gap: z.number().optional(),
});

export const evaluatedSchema = z.object({
  /** Permutation importance, on the vault where there is one, else on the rows that the model has learnt from. */
  importance: importanceSchema,
  /** Absent where the data were too few for a vault. */
  vault: z
    .object({
      rows: z.number(),
      unseenClassRows: z.number(),
      scores: z.array(scoreSchema),
      baseline: z.array(scoreSchema),
      gain: z.object({ gain: z.number(), low: z.number(), high: z.number(), probabilityBetter: z.number() }).optional(),
      curves: z.array(z.looseObject({ kind: z.string() })),
      groups: z.array(groupsSchema),
      /** Blob of which rows each group has. */
      groupValues: z.string().optional(),
      coverage: z.number().optional(),
      /** Accuracy or mean absolute error, as outcomes are scored that come later. */
      outcomeScore: z
        .object({ metric: z.enum(['accuracy', 'mae']), value: z.number(), low: z.number(), high: z.number() })
        .optional(),
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
    const problem = { task: prepared.task, classCount: prepared.classes.length };
    const importanceOn = async (rows: string, groups?: string) => {
      const output = await callAction(context, 'importance', {
        model: frozen.model,
        rows,
        ...(groups === undefined ? {} : { groups }),
        ordered: split.method === 'time',
        plan,
        problem,
        target: spec.target.value,
        classes: prepared.classes,
        metric: wishes[0]!.metric,
        operationsPerRow: frozen.operationsPerRow,
        seed: context.input.seed,
      });
      return output as Evaluated['importance'];
    };
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
        message: {
          importance: await importanceOn(split.train),
          nested: { scores: [...nested.scores], baseline: [...nested.baseline] },
        },
        summary: `Nested cross-validation: ${nested.scores.map(({ metric, value }) => `${metric} ${value.toPrecision(4)}`).join(', ')}.`,
      };
    }
    const readsBefore = await context.readVault(split.vault, frozen.model);
    const output = await callAction(context, 'evaluate', {
      model: frozen.model,
      vault: split.vault,
      ...(split.vaultGroups === undefined ? {} : { groups: split.vaultGroups }),
      ordered: split.method === 'time',
      problem,
      target: spec.target.value,
      classes: prepared.classes,
      plan,
      metrics: wishes,
      baseline: frozen.baseline,
      fairness: spec.fairness.map(({ column }) => column),
      asOutcomes: true,
      seed: context.input.seed,
    });
    const shown = output.scores.map((score) =>
      score.defined
        ? `${score.metric} ${score.value.toPrecision(4)} [${score.low.toPrecision(4)}, ${score.high.toPrecision(4)}]`
        : `${score.metric} undefined`,
    );
    return {
      message: {
        // The same rows, for the same model: no second look.
        importance: await importanceOn(split.vault, split.vaultGroups),
        vault: { ...output, readsBefore } as unknown as NonNullable<Evaluated['vault']>,
      },
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
