import { z } from 'zod';
import type { RoundedForm } from '../../core/helpers/model-forms.ts';
import { defineStage, type StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { batchRecords } from '../../tools/serve/estimate.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { SplitMessage } from '../data/split.ts';
import type { CandidatesMessage } from '../model/candidates.ts';
import type { Compressed } from '../model/compress.ts';
import { expectationsSchema } from '../model/expectations.ts';
import type { Fitted } from '../model/fit-variant.ts';
import { type Frozen, freezeVariant } from '../model/freeze.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { forecast } from './forecast.ts';

const latencyMs = z.object({ p50: z.number(), p99: z.number(), count: z.number() });

export const estimatedSchema = z.object({
  /** Forecast from counts before the file was measured, by the shipped table of costs and the pace of this machine. */
  predicted: z.object({
    latencyMs: z.number(),
    latencyP99Ms: z.number().optional(),
    batchMs: z.number().optional(),
    sizeBytes: z.number(),
    memoryBytes: z.number(),
    tableVersion: z.number(),
  }),
  /** Forecast before anything was trained: of training, and of the learner that won. */
  before: z
    .object({
      trainSeconds: z.number(),
      peakBytes: z.number(),
      learner: expectationsSchema.shape.learners.element.optional(),
    })
    .optional(),
  latencyMs,
  batchMs: latencyMs.optional(),
  /** Records of a batch. */
  batchRecords: z.number().optional(),
  /** Of a process that predicts, with Node and the runtime. */
  memoryBytes: z.number(),
  sizeBytes: z.number(),
  /** Of the run so far, on the clock. */
  trainSeconds: z.number().optional(),
  /** Of the process that trained, at its peak. */
  peakBytes: z.number().optional(),
  /** Limits of the request against what was measured. */
  limits: z.array(
    z.object({
      limit: z.enum(['latencyMs', 'sizeBytes', 'memoryBytes', 'trainSeconds']),
      asked: z.number(),
      measured: z.number(),
      meets: z.boolean(),
    }),
  ),
  /**
   * Where a limit is not met: the sizes of the model that were tried and that no other one beats in everything, with what each was measured to
   * cost; the first is the one that was kept.
   */
  tradeOff: z
    .array(
      z.object({
        id: z.string(),
        what: z.string(),
        /** On validation data; greater is better. */
        score: z.number(),
        sizeBytes: z.number(),
        memoryBytes: z.number(),
        latencyMs: z.number(),
      }),
    )
    .optional(),
});

export type Estimated = z.infer<typeof estimatedSchema>;

/** Measures the finished file and holds it against the limits of the request. */
export const estimateStage = defineStage<Estimated>({
  name: 'server.estimate',
  agent: 'server',
  to: 'task',
  output: estimatedSchema,
  async run(context) {
    const { limits } = taskSpecOf(context);
    const frozen = context.message<Frozen>('model.freeze')!;
    const { chosen, forms } = context.message<Compressed>('model.compress')!;
    const deployed = forms?.judged.find(({ form }) => form === frozen.forms?.deployed);
    const parts = {
      operationsPerRow: chosen.operationsPerRow,
      fileBytes: deployed?.sizeBytes ?? chosen.sizeBytes,
      members: chosen.members.length,
    };
    const machine = await callAction(context, 'pace', {});
    const predicted = forecast(context.message<Prepared>('data.prepare')!, parts, machine);
    const measured = await callAction(context, 'measure', { model: frozen.model });
    const seconds = await context.once('seconds', () => context.seconds());
    const values = {
      latencyMs: measured.latencyMs.p50,
      sizeBytes: measured.sizeBytes,
      memoryBytes: measured.memoryBytes,
      trainSeconds: seconds,
    };
    const held = (['latencyMs', 'sizeBytes', 'memoryBytes', 'trainSeconds'] as const).flatMap((limit) => {
      const asked = limits[limit]?.value;
      return asked === undefined ? [] : [{ limit, asked, measured: values[limit], meets: values[limit] <= asked }];
    });
    const isMissed = held.some(({ limit, meets }) => !meets && limit !== 'trainSeconds');
    const tradeOff = isMissed ? await measureVariants(context, measured) : [];
    return {
      message: {
        predicted,
        ...expectedBefore(context, chosen),
        ...measured,
        batchRecords,
        trainSeconds: seconds,
        limits: held,
        ...(tradeOff.length > 0 ? { tradeOff } : {}),
      },
      summary: `${measured.latencyMs.p50.toFixed(2)} ms for one record (p99 ${measured.latencyMs.p99.toFixed(2)}), ${measured.sizeBytes} bytes.`,
    };
  },
});

/** What was said before training, of the run and of the learner that carries most of the model. */
function expectedBefore(context: StageContext, { members }: Fitted): Pick<Estimated, 'before'> {
  const { expected } = context.message<CandidatesMessage>('model.candidates')!;
  if (expected === undefined) return {};
  const heaviest = members.reduce((a, b) => (b.weight > a.weight ? b : a));
  const learner = expected.learners.find((one) => one.learner === heaviest.learner);
  const { trainSeconds, peakBytes } = expected;
  return { before: { trainSeconds, peakBytes, ...(learner === undefined ? {} : { learner }) } };
}

/** Variants that are measured beside the one that was kept. */
const mostVariants = 8;

type TradeOff = NonNullable<Estimated['tradeOff']>;

/** Measures the variants that were tried, and keeps those that no other one beats in score, size and latency alike. */
async function measureVariants(context: StageContext, kept: OutputOf<'measure'>): Promise<TradeOff> {
  const { chosen, tried } = context.message<Compressed>('model.compress')!;
  const row = ({ id, what, score }: Fitted, { sizeBytes, memoryBytes, latencyMs }: OutputOf<'measure'>) => ({
    id,
    what,
    score,
    sizeBytes,
    memoryBytes,
    latencyMs: latencyMs.p50,
  });
  const rows = [row(chosen, kept)];
  for (const variant of tried.filter(({ id }) => id !== chosen.id).slice(0, mostVariants)) {
    const { model } = await freezeVariant(context, variant);
    const file = variant.form === undefined ? model : await roundedFile(context, model, variant.form);
    if (file !== undefined) rows.push(row(variant, await callAction(context, 'measure', { model: file })));
  }
  const isBeaten = (one: TradeOff[number], by: TradeOff[number]): boolean =>
    by !== one &&
    by.score >= one.score &&
    by.sizeBytes <= one.sizeBytes &&
    by.latencyMs <= one.latencyMs &&
    (by.score > one.score || by.sizeBytes < one.sizeBytes || by.latencyMs < one.latencyMs);
  return rows.filter((one, i) => i === 0 || !rows.some((other) => isBeaten(one, other)));
}

/** A file with its weights rounded; undefined where it can't be had after all. */
async function roundedFile(context: StageContext, model: string, form: RoundedForm): Promise<string | undefined> {
  const { train } = context.message<SplitMessage>('data.split')!;
  return (await callAction(context, 'convert', { model, form, train })).file;
}
