import { TrainerError } from '../../core/errors.ts';
import { searchMetricOf } from '../../core/search-metric.ts';
import type { StageContext } from '../../core/stage.ts';
import { shownScore } from '../../core/task-spec.ts';
import type { TrialOutput } from '../../tools/actions/trial.ts';
import { measureSamplingCost } from '../../tools/data/reduce/sampling-cost.ts';
import { best, nextTrials, report } from '../../tools/search/search.ts';
import type { SearchState, TrialPlan, TrialResult } from '../../tools/search/search-state.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { CandidatesMessage } from './candidates.ts';
import { fitAgain, searchSeed } from './fit-again.ts';
import type { Ranked } from './search.ts';

/** Share of the budget that measuring what sampling costs may take, and how many times the rows it must at least learn from. */
const comparisonShare = 0.1;
const leastTimes = 1.5;

/** What is kept of each candidate's trials. */
export interface Kept {
  readonly trial: number;
  readonly predictions: readonly string[];
  readonly iterations: readonly number[];
  readonly logLosses: readonly number[];
}

/** Runs the trials of a search, and keeps what is needed of them afterwards. */
export function trialRunner(
  context: StageContext,
  prepared: Prepared,
  message: CandidatesMessage,
  learnRows: number | undefined,
) {
  const spec = taskSpecOf(context);
  const { metric } = spec.metrics[0]!;
  const shownMetric = searchMetricOf(spec);
  const kept = new Map<number, Kept>();
  const progress: number[] = [];
  let failure = '';
  const scored = new Map<number, number[]>();
  const runner = {
    stoppedByClock: false,
    async exhaust(from: SearchState): Promise<SearchState> {
      let state = from;
      for (let trials = nextTrials(state); trials.length > 0; trials = nextTrials(state)) {
        const limit = context.input.maxSeconds;
        if (
          limit !== undefined &&
          best(state) !== undefined &&
          (await context.once('clock', () => context.seconds() > limit))
        ) {
          runner.stoppedByClock = true;
          return state;
        }
        // Sent together, so that the child never waits for the host; answered in order.
        state = report(state, await Promise.all(trials.map((trial) => runner.run(trial))));
      }
      return state;
    },
    progress: () => [...progress],
    /** The mean score of a candidate after a trial, once it has one on every fold: only those are comparable. */
    wholeScore(plan: TrialPlan, scores: readonly number[] | undefined): number | undefined {
      if (scores === undefined || plan.iterationShare < 1 || plan.learner === 'baseline') return undefined;
      const all = [...(scored.get(plan.candidate) ?? []), ...scores];
      return all.length < prepared.folds * prepared.repeats ? undefined : mean(all);
    },
    /** The first two fits of the winner again, on as many more rows as a part of the budget pays. */
    async samplingCost(winner: Ranked) {
      const fits = [0, 1].map((fit) => ({ repeat: Math.floor(fit / prepared.folds), fold: fit % prepared.folds }));
      const times =
        Math.min(context.budget.left, comparisonShare * context.budget.workUnits) / (fits.length * winner.cost);
      const rows = Math.min(prepared.rowCount, Math.floor(learnRows! * times));
      if (rows < leastTimes * learnRows!) return undefined;
      const output = await fitAgain(context, winner, { fits, learnRows: rows < prepared.rowCount ? rows : undefined });
      if (output.scores === undefined) return undefined;
      return { rows, ...measureSamplingCost(output.scores, winner.foldScores.slice(0, 2)) };
    },
    async run(plan: TrialPlan): Promise<TrialResult> {
      const { learner, configuration, rung, index } = plan;
      const output = await callAction(
        context,
        'trial',
        {
          trial: { index, rung },
          set: prepared.set,
          learner,
          configuration,
          iterationShare: plan.iterationShare,
          fits: plan.fits.map(({ repeat, fold }) => ({ repeat, fold })),
          metric,
          ...(learnRows === undefined ? {} : { learnRows }),
          seed: searchSeed(context, plan.candidate),
        },
        {
          onHost: message.onHost.includes(learner),
          onStart: () => context.publish('trial-start', { trial: index, learner, configuration, rung }),
          onEnd: (json, seconds) => {
            const { scores, failed, workUnits } = json as unknown as TrialOutput;
            const score = scores === undefined ? Number.NEGATIVE_INFINITY : mean(scores);
            const whole = runner.wholeScore(plan, scores);
            context.publish('trial-end', {
              trial: index,
              learner,
              rung,
              metric: shownMetric,
              score: scores === undefined ? 0 : shownScore(shownMetric, score),
              best: whole !== undefined && whole > (progress.at(-1) ?? Number.NEGATIVE_INFINITY),
              workUnits,
              seconds,
              ...(failed === undefined ? {} : { failed }),
            });
          },
        },
      );
      context.budget.spend(output.workUnits);
      if (output.failed !== undefined) failure = output.failed;
      if (plan.iterationShare === 1 && output.predictions !== undefined) {
        const before = kept.get(plan.candidate);
        kept.set(plan.candidate, {
          trial: before?.trial ?? index,
          predictions: [...(before?.predictions ?? []), output.predictions],
          iterations: [...(before?.iterations ?? []), ...output.iterations],
          logLosses: [...(before?.logLosses ?? []), ...(output.logLosses ?? [])],
        });
      }
      const whole = runner.wholeScore(plan, output.scores);
      if (whole !== undefined) progress.push(Math.max(progress.at(-1) ?? Number.NEGATIVE_INFINITY, whole));
      if (output.scores !== undefined && plan.iterationShare === 1) {
        scored.set(plan.candidate, [...(scored.get(plan.candidate) ?? []), ...output.scores]);
      }
      return { index, units: output.workUnits, ...(output.scores === undefined ? {} : { scores: output.scores }) };
    },
    ranked(state: SearchState, entry: { candidate: number; score: number; scores: readonly number[] }): Ranked {
      const { learner, configuration, cost } = state.options.candidates[entry.candidate]!;
      const { trial, predictions, iterations, logLosses } = kept.get(entry.candidate)!;
      const median = medianOf(iterations);
      return {
        trial,
        learner,
        configuration,
        score: entry.score,
        foldScores: [...entry.scores],
        ...(logLosses.length === 0 ? {} : { logLoss: mean(logLosses) }),
        ...(median === undefined ? {} : { iterations: median }),
        predictions: [...predictions],
        cost,
      };
    },
    kept: () => [...kept],
    restore(entries: readonly [number, Kept][]): void {
      for (const [candidate, value] of entries) kept.set(candidate, value);
    },
    /** Why there is nothing but the baseline. */
    failure: (units: number) =>
      failure === ''
        ? new TrainerError(
            'BUDGET_EXCEEDED',
            `Expected the budget to pay for one configuration on every fold, but its ${units} work units ended before. Give more, or use fewer rows or columns.`,
            { details: { workUnits: units } },
          )
        : new TrainerError(
            'TRAIN_FAILED',
            `Expected at least one configuration to be fitted, but all failed. Choose another learner, or correct what the last one said: ${failure}`,
          ),
  };
  return runner;
}

/** The median, rounded to a whole number of iterations (half up). */
function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
