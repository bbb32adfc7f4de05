import { z } from 'zod';
import { defineStage, type StageContext } from '../../../core/stage.ts';
import type { TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Candidate } from '../../../tools/search/search-state.ts';
import { callAction } from '../../call-action.ts';
import type { Collected } from '../../data/collect.ts';
import { interleave, samplesOf } from '../../model/candidates.ts';
import { searchShare } from '../../model/search.ts';
import { type ListedLearners, listLearners, trainingBackendSchema } from '../../model/training-backend.ts';
import { type ExpectedFacts, expectedFacts } from '../plan/expected-facts.ts';
import { forecastSearch } from '../plan/forecast-search.ts';
import { type Planned, stepOf } from './plan.ts';
import { taskSpecOf } from './understand.ts';

const range = z.object({ least: z.number(), most: z.number() });

/** What a run would take, each as a range that holds it mostly. */
export const forecastSchema = z.object({
  /** Fits of the search, counted in trials. */
  trials: range,
  /** Counted work: a million operations a unit. `budget` is what the search may spend at most. */
  workUnits: range.extend({ budget: z.number() }),
  /** On this machine, at the pace that was just measured on it. */
  seconds: range,
  /** Of the process that trains, at its peak. */
  memoryBytes: range,
  /** Rows that would be learned from, and kept apart for the last judgement. */
  rows: z.object({ train: z.number(), vault: z.number(), aFit: z.number() }),
  /** Where networks would train; absent where the trainer was given no backends. */
  backend: trainingBackendSchema.optional(),
});

export type Forecast = z.infer<typeof forecastSchema>;

/** Milliseconds of the steps that do not learn: process start, model file, latency; measured with two cores. */
const fixedMs = 1500;
/** Reading is clocked; the other steps over all rows take so many times as long, at least and at most. */
const rowSteps = { least: 1.5, most: 8 };
/** How far the pace of one small fit is off, either way. */
const paceError = 2;
/** Bytes of the process that trains before it has data, and copies that it holds of the table and of the features. */
const memory = { least: 90e6, most: 260e6, tableCopies: { least: 1, most: 6 }, featureCopies: { least: 1, most: 5 } };

/** Says what the plan will cost; trains nothing but a small fit on made-up rows, to know the pace of this machine. */
export const forecastStage = defineStage<Forecast>({
  name: 'task.forecast',
  agent: 'task',
  to: 'task',
  output: forecastSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { data, test } = context.message<Collected>('data.collect')!;
    const planned = context.message<Planned>('task.plan')!;
    const profile = await context.blobJson<TableProfile>(data!.profile);
    const facts = expectedFacts(spec, profile, planned.plan, test?.rowCount);
    const split = stepOf(planned, 'split')!;
    const listed = await listLearners(context);
    const candidates = await candidatesFor(context, planned, facts, listed);
    const { workUnits: budget } = context.budget;
    const search = forecastSearch(candidates, {
      folds: split.folds,
      repeats: split.repeats,
      units: budget * searchShare,
    });
    // Each member of the blend is fitted once more, on all rows.
    const scale = facts.refit.rowCount / facts.search.rowCount;
    const costs = candidates.map(({ cost }) => cost * scale).sort((a, b) => a - b);
    const members = stepOf(planned, 'ensemble')?.members ?? 1;
    const workUnits = {
      least: search.workUnits.least,
      most: search.workUnits.most + members * costs[Math.floor(costs.length / 2)]!,
      budget,
    };
    const { msPerUnit } = await callAction(context, 'pace', {});
    const readMs = context
      .journal()
      .reduce((sum, body) => (body.kind === 'call' && body.at.name === 'collect' ? sum + 1000 * body.seconds : sum), 0);
    const cells = facts.refit.rowCount * (facts.refit.numberCount + facts.refit.categorySizes.length);
    const forecast: Forecast = {
      trials: search.trials,
      workUnits,
      seconds: {
        least: (readMs * rowSteps.least + (workUnits.least * msPerUnit) / paceError) / 1000,
        most: (fixedMs * paceError + readMs * rowSteps.most + workUnits.most * msPerUnit * paceError) / 1000,
      },
      memoryBytes: {
        least: memory.least + memory.tableCopies.least * data!.bytes * 0.5 + memory.featureCopies.least * cells * 4,
        most: memory.most + memory.tableCopies.most * data!.bytes + memory.featureCopies.most * cells * 4,
      },
      rows: { train: facts.refit.rowCount, vault: facts.vaultRows, aFit: facts.search.rowCount },
      ...(listed.backend === undefined ? {} : { backend: listed.backend }),
    };
    return {
      message: forecast,
      summary: `${forecast.trials.least} to ${forecast.trials.most} trials, at most ${Math.ceil(workUnits.most)} work units.`,
    };
  },
});

/** The candidates that a run would begin with, from the profile alone. */
async function candidatesFor(
  context: StageContext,
  planned: Planned,
  { search }: ExpectedFacts,
  listed: ListedLearners,
): Promise<Candidate[]> {
  const { names, onHost } = listed;
  const lists: Candidate[][] = [];
  for (const learner of names) {
    if (['linear', 'trees'].includes(learner) && !planned.learners.includes(learner)) continue;
    const { candidates } = await callAction(
      context,
      'propose',
      {
        set: search,
        learner,
        count: samplesOf(planned, learner),
        seed: `${context.input.seed}/${learner}`,
      },
      { onHost: onHost.includes(learner) },
    );
    lists.push([...candidates]);
  }
  return interleave(lists);
}
