import { z } from 'zod';
import type { Json } from '../../core/helpers/canonical-json.ts';
import { searchMetricOf } from '../../core/search-metric.ts';
import { defineStage } from '../../core/stage.ts';
import { shownScore } from '../../core/task-spec.ts';
import { addCandidates, best, createSearch, ranking } from '../../tools/search/search.ts';
import type { Candidate, SearchState } from '../../tools/search/search-state.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Reduced } from '../data/reduce.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import { settleTies } from './settle-ties.ts';
import { type Kept, trialRunner } from './trial-runner.ts';

const rankedSchema = z.object({
  /** The first trial of this candidate. */
  trial: z.number(),
  learner: z.string(),
  configuration: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  /** Mean of the fold scores; greater is better. */
  score: z.number(),
  foldScores: z.array(z.number()),
  /** Mean log loss of the folds, where the metric counts labels. */
  logLoss: z.number().optional(),
  /** Median of the iterations that early stopping chose; absent for learners without. */
  iterations: z.number().optional(),
  /** Blobs of the out-of-fold predictions. */
  predictions: z.array(z.string()),
  cost: z.number(),
});

export const searchedSchema = z.object({
  /** Those that were scored on every fold, the best first; at most 30, and the baseline. */
  ranking: z.array(rankedSchema).min(1),
  baseline: rankedSchema.optional(),
  trials: z.number(),
  failed: z.number(),
  workUnits: z.number(),
  stopped: z.enum(['plateau', 'budget', 'exhausted', 'clock']),
  learnRows: z.number().optional(),
  /** What learning from a sample cost the winner in score: it learned from `rows` rows too, and was scored on the same validation rows. */
  samplingCost: z
    .object({
      rows: z.number(),
      loss: z.number(),
      low: z.number(),
      high: z.number(),
      significant: z.boolean(),
      fits: z.number(),
    })
    .optional(),
  /** Best score so far after each trial. */
  progress: z.array(z.number()),
  /** Blob of the whole search, to go on from. */
  state: z.string(),
});

export type Ranked = z.infer<typeof rankedSchema>;
export type Searched = z.infer<typeof searchedSchema>;

/** Share of the budget that search may take; the rest is for compression, refit and evaluation. */
export const searchShare = 0.9;
const maxRanked = 30;

/** Random search with successive halving on the validation folds; goes on from an earlier visit where there is one. */
export const searchStage = defineStage<Searched>({
  name: 'model.search',
  agent: 'model',
  to: 'task',
  output: searchedSchema,
  async run(context) {
    const prepared = context.message<Prepared>('data.prepare')!;
    const message = context.message<CandidatesMessage>('model.candidates')!;
    const { learnRows } = context.message<Reduced>('data.reduce')!;
    const before = context.message<Searched>('model.search');
    // Scores of another sample are not comparable: then the search starts again.
    const earlier = before?.learnRows === learnRows ? before : undefined;
    const candidates = await context.blobJson<Candidate[]>(message.candidates);
    const extra = await context.blobJson<Candidate[]>(message.extra);
    const runner = trialRunner(context, prepared, message, learnRows);

    const metric = searchMetricOf(taskSpecOf(context));
    const units = context.budget.left * searchShare;
    let state: SearchState;
    if (earlier === undefined) {
      state = await runner.exhaust(
        createSearch({ candidates, folds: prepared.folds, repeats: prepared.repeats, units }),
      );
      // The rules' trials have had their full budget; others get at most half as much again.
      if (extra.length > 0) state = await runner.exhaust(addCandidates(state, extra, units / 2));
    } else {
      const kept = await context.blobJson<{ state: SearchState; kept: [number, Kept][] }>(earlier.state);
      runner.restore(kept.kept);
      const { stopped: _stopped, history: _history, ...rest } = kept.state;
      state = await runner.exhaust(addCandidates({ ...rest, history: [], stopped: 'plateau' }, [], units));
    }
    if (best(state) === undefined) throw runner.failure(context.budget.workUnits);
    const all = settleTies(
      ranking(state).map((entry) => runner.ranked(state, entry)),
      prepared.folds,
    );
    const samplingCost = learnRows === undefined ? undefined : await runner.samplingCost(all[0]!);
    const baseline = all.find(({ learner }) => learner === 'baseline');
    const rest = all.filter(({ learner }) => learner !== 'baseline').slice(0, maxRanked);
    if (rest.length === 0) throw runner.failure(context.budget.workUnits);
    return {
      message: {
        ranking: rest,
        ...(baseline === undefined ? {} : { baseline }),
        trials: state.trials,
        failed: state.candidates.filter(({ status }) => status === 'failed').length,
        workUnits: state.spent,
        ...(learnRows === undefined ? {} : { learnRows }),
        ...(samplingCost === undefined ? {} : { samplingCost }),
        progress: runner.progress(),
        stopped: runner.stoppedByClock ? 'clock' : (state.stopped ?? 'budget'),
        state: await context.putJson({ state, kept: runner.kept() } as unknown as Json),
      },
      summary: `${state.trials} trials; best on validation: ${all[0]!.learner}, ${metric} ${shownScore(metric, all[0]!.score).toPrecision(4)}.`,
    };
  },
});
