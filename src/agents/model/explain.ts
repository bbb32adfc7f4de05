import { z } from 'zod';
import { searchMetricOf } from '../../core/search-metric.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import { shownScore } from '../../core/task-spec.ts';
import { measureSamplingCost } from '../../tools/data/reduce/sampling-cost.ts';
import { callAction } from '../call-action.ts';
import type { Cleaned } from '../data/clean.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Reduced } from '../data/reduce.ts';
import type { SplitMessage } from '../data/split.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { reliance } from './columns-relied-on.ts';
import type { Compressed } from './compress.ts';
import type { Decided } from './decide.ts';
import { fitAgain } from './fit-again.ts';
import type { Frozen } from './freeze.ts';
import type { Searched } from './search.ts';

const curveSchema = z.object({
  learner: z.string(),
  metric: z.string(),
  folds: z.number(),
  /** Mean over the folds of the first repeat, by the rows that a fit learned from; rising, the last is all that search used. */
  points: z.array(z.object({ rows: z.number(), score: z.number() })),
  /** What the last doubling of the rows gained (greater is better), with its 95 % interval. */
  gain: z.object({ gain: z.number(), low: z.number(), high: z.number(), significant: z.boolean() }),
  workUnits: z.number(),
});

export const explainedSchema = z.object({
  judged: z.number(),
  sliceRows: z.number(),
  loss: z.number(),
  slicesLookedAt: z.number(),
  slices: z.array(
    z.object({
      columns: z.array(z.string()),
      rows: z.number(),
      loss: z.number(),
      low: z.number(),
      high: z.number(),
      elsewhere: z.number(),
    }),
  ),
  errors: z.number(),
  worst: z.array(
    z.object({
      row: z.number(),
      loss: z.number(),
      truth: z.number().optional(),
      predicted: z.number().optional(),
      probability: z.number().optional(),
    }),
  ),
  dependenceRows: z.number(),
  dependence: z.array(
    z.object({
      column: z.string(),
      kind: z.enum(['number', 'datetime', 'category', 'boolean']),
      points: z.array(z.object({ means: z.array(z.number()), rows: z.number().optional() })),
      density: z.array(z.number()).optional(),
    }),
  ),
  /** Blob of the values that slices, dependence and, where privacy allows, the worst rows are about: no cell is in a message. */
  values: z.string(),
  learningCurve: curveSchema.optional(),
  /** Why there is no learning curve. */
  whyNoCurve: z.string().optional(),
});

export type Explained = z.infer<typeof explainedSchema>;

/** Explains the frozen model on the rows outside the vault; nothing is chosen from it. */
export const explainStage = defineStage<Explained>({
  name: 'model.explain',
  agent: 'model',
  to: 'task',
  output: explainedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { train, trainNumbers } = context.message<SplitMessage>('data.split')!;
    const { plan } = context.message<Cleaned>('data.clean')!;
    const prepared = context.message<Prepared>('data.prepare')!;
    const { chosen } = context.message<Compressed>('model.compress')!;
    const decided = context.message<Decided>('model.decide')!;
    const frozen = context.message<Frozen>('model.freeze')!;
    const { group, entity } = spec.roles;
    // Recorded: who looks at the run later may have another setting.
    const showValues = await context.once('show-values', () => context.privacy === 'samples');
    const output = await callAction(context, 'explain', {
      model: frozen.model,
      set: prepared.set,
      train,
      rowNumbers: trainNumbers,
      plan,
      problem: { task: prepared.task, classCount: prepared.classes.length },
      classes: prepared.classes,
      outOfFold: decided.outOfFold,
      columns: reliance(chosen.members, prepared).map(({ column }) => column),
      groupColumns: [group, entity].flatMap((role) => (role === undefined ? [] : [role.value])),
      showValues,
      operationsPerRow: frozen.operationsPerRow,
      seed: context.input.seed,
    });
    const curve = await learningCurve(context, prepared);
    return {
      message: { ...(output as Explained), ...curve },
      summary: `${prepared.task === 'regression' ? `Out of fold the mean absolute error is ${output.loss.toPrecision(4)}` : `${output.errors} of ${output.judged} rows are predicted wrongly out of fold`}; ${output.slices.length} weak ${output.slices.length === 1 ? 'slice' : 'slices'} of ${output.slicesLookedAt}.${'learningCurve' in curve ? ` ${curveWords(curve.learningCurve)}` : ''}`,
    };
  },
});

/** Shares of the learning rows that the winner learns from again. */
const shares = [0.125, 0.25, 0.5];
/** A fit of fewer rows says nothing about more. */
const leastRows = 20;

/** The best candidate again on parts of the rows, on the folds of the first repeat: would more rows help? */
async function learningCurve(
  context: StageContext,
  prepared: Prepared,
): Promise<{ readonly learningCurve: z.infer<typeof curveSchema> } | { readonly whyNoCurve: string }> {
  const metric = searchMetricOf(taskSpecOf(context));
  const [winner] = context.message<Searched>('model.search')!.ranking;
  const { foldMethod } = context.message<SplitMessage>('data.split')!;
  const { learnRows } = context.message<Reduced>('data.reduce')!;
  if (foldMethod === 'time')
    return { whyNoCurve: 'The folds follow the time, so that their number of rows differs already.' };
  const all = learnRows ?? Math.floor((prepared.rowCount * (prepared.folds - 1)) / prepared.folds);
  const sizes = shares.map((share) => Math.floor(all * share)).filter((rows) => rows >= leastRows);
  if (sizes.length === 0) return { whyNoCurve: 'There are too few rows to leave most of them out.' };
  const { learner, cost, foldScores } = winner!;
  const expected = (cost * prepared.folds * sizes.reduce((sum, rows) => sum + rows, 0)) / all;
  if (expected > context.budget.left) return { whyNoCurve: 'The budget of work units was spent on search.' };
  const fits = Array.from({ length: prepared.folds }, (_, fold) => ({ repeat: 0, fold }));
  const outputs = await Promise.all(sizes.map((learnRows) => fitAgain(context, winner!, { fits, learnRows })));
  const workUnits = outputs.reduce((sum, output) => sum + output.workUnits, 0);
  const whole = foldScores.slice(0, prepared.folds);
  const half = outputs.at(-1)!.scores;
  if (half === undefined) return { whyNoCurve: 'The winner could not be fitted on half of the rows.' };
  const { loss, low, high, significant } = measureSamplingCost(whole, half);
  const points = [...outputs.map(({ scores }) => scores), whole].flatMap((scores, i) =>
    scores === undefined ? [] : [{ rows: sizes[i] ?? all, score: shownScore(metric, mean(scores)) }],
  );
  return {
    learningCurve: {
      learner,
      metric,
      folds: prepared.folds,
      points,
      gain: { gain: loss, low, high, significant },
      workUnits,
    },
  };
}

function curveWords({ gain }: z.infer<typeof curveSchema>): string {
  if (!gain.significant) return 'The last doubling of the rows changed nothing beyond noise.';
  return gain.gain > 0
    ? 'The last doubling of the rows gained: more would help.'
    : 'The last doubling of the rows lost.';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
