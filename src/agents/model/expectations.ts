import { z } from 'zod';
import type { StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { batchRecords } from '../../tools/serve/estimate.ts';
import { callAction } from '../call-action.ts';
import type { Collected } from '../data/collect.ts';
import type { Prepared } from '../data/prepare.ts';
import { forecast } from '../server/forecast.ts';
import { forecastSearch } from '../task/plan/forecast-search.ts';

/** What is expected before anything is trained, for each learner that will be tried; forecasts of this machine, by which nothing is chosen. */
export const expectationsSchema = z.object({
  /** Of the run up to its model. */
  trainSeconds: z.number(),
  /** Of the process that trains, at its peak. */
  peakBytes: z.number(),
  learners: z.array(
    z.object({
      learner: z.string(),
      /** What trains it: a backend's name, or our own kernels. */
      backend: z.string(),
      /** Of one fit on all rows outside the vault, with its default configuration. */
      fitSeconds: z.number(),
      sizeBytes: z.number(),
      /** Of a process that serves it. */
      memoryBytes: z.number(),
      latencyMs: z.number(),
      latencyP99Ms: z.number(),
      batchMs: z.number(),
    }),
  ),
  /** Records of the batch. */
  batchRecords: z.number(),
  /** Where the pace of this machine is known from. */
  pace: z.enum(['host', 'table', 'cache', 'measured']),
});

export type Expectations = z.infer<typeof expectationsSchema>;

/** Bytes of a file beside its learners: operators, signature, card; a column has its entry in the signature and in the reference of drift. */
const fileBytes = { fixed: 2900, column: 300, category: 400, value: 25 };
/**
 * Seconds of the steps that do not learn, for themselves and for a million cells (their root: what looks at columns looks at a few of
 * many), and how many times the search all fits take, with those for compression, the file and the learning curve. Fitted to 30 runs.
 */
const steps = { seconds: 1.2, secondsPerMillionCells: 6.3, fits: 2.4 };
/** Bytes of the code and the heap of the process that trains beside Node and the runtime, and copies of the rows that it holds. */
const trainer = { heapBytes: 50_000_000, tableCopies: 3, cellBytes: 24 };

/** Says what training and the model will take, from what is known of the prepared rows. */
export async function expectations(
  context: StageContext,
  prepared: Prepared,
  proposals: ReadonlyMap<string, OutputOf<'propose'>>,
  about: {
    readonly learners: readonly string[];
    /** What the search may spend. */
    readonly units: number;
    /** Where networks are trained. */
    readonly backend: string;
  },
): Promise<Expectations> {
  const { learners, units } = about;
  const machine = await callAction(context, 'pace', {});
  const { data } = context.message<Collected>('data.collect')!;
  const candidates = learners.flatMap((name) => [...(proposals.get(name)?.candidates ?? [])]);
  const { expected } = forecastSearch(candidates, {
    folds: prepared.folds,
    repeats: prepared.repeats,
    units,
    shareOf: (learner) => proposals.get(learner)?.footprint?.costShare,
  }).workUnits;
  const columns = prepared.numberCount + prepared.categoryCount;
  const cells = prepared.rowCount * columns;
  const known = learners.flatMap((learner) => {
    const proposal = proposals.get(learner);
    return proposal?.footprint === undefined ? [] : [{ learner, proposal, footprint: proposal.footprint }];
  });
  const values = Math.max(0, ...known.map(({ proposal }) => proposal.categoryValues ?? 0));
  const base =
    fileBytes.fixed +
    fileBytes.column * prepared.inputs.length +
    fileBytes.category * prepared.categoryCount +
    fileBytes.value * values;
  return {
    trainSeconds:
      steps.seconds +
      steps.secondsPerMillionCells * Math.sqrt(cells / 1e6) +
      (machine.msPerUnit / 1000) * steps.fits * expected,
    peakBytes: Math.round(
      machine.processBytes +
        trainer.heapBytes +
        trainer.tableCopies * data!.bytes +
        trainer.cellBytes * cells +
        Math.max(0, ...known.map(({ footprint }) => footprint.fitBytes)),
    ),
    learners: known.map(({ learner, proposal, footprint }) => {
      const parts = { operationsPerRow: footprint.operationsPerRow, fileBytes: base + footprint.fileBytes, members: 1 };
      const { tableVersion: _, ...estimate } = forecast(prepared, parts, machine);
      const [first] = proposal.candidates;
      const whole = prepared.folds / Math.max(1, prepared.folds - 1);
      const backend = proposal.onBackend === true ? about.backend : 'own kernels';
      return { learner, backend, fitSeconds: (first!.cost * whole * machine.msPerUnit) / 1000, ...estimate };
    }),
    batchRecords,
    pace: machine.from,
  };
}
