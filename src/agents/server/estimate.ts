import { z } from 'zod';
import { defineStage, type StageContext } from '../../core/stage.ts';
import type { OutputOf } from '../../tools/actions/actions.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Compressed, Fitted } from '../model/compress.ts';
import { type Frozen, freezeVariant } from '../model/freeze.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import { forecast } from './forecast.ts';

export const estimatedSchema = z.object({
  /** Forecast from counts before anything ran, by the shipped table of costs. */
  predicted: z.object({
    latencyMs: z.number(),
    sizeBytes: z.number(),
    memoryBytes: z.number(),
    tableVersion: z.number(),
  }),
  latencyMs: z.object({ p50: z.number(), p99: z.number(), count: z.number() }),
  memoryBytes: z.number(),
  sizeBytes: z.number(),
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
    const measured = await callAction(context, 'measure', { model: frozen.model });
    const { chosen } = context.message<Compressed>('model.compress')!;
    const predicted = forecast(context.message<Prepared>('data.prepare')!, {
      operationsPerRow: chosen.operationsPerRow,
      sizeBytes: chosen.parameterBytes,
      members: chosen.members.length,
    });
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
      message: { predicted, ...measured, limits: held, ...(tradeOff.length > 1 ? { tradeOff } : {}) },
      summary: `${measured.latencyMs.p50.toFixed(2)} ms for one record (p99 ${measured.latencyMs.p99.toFixed(2)}), ${measured.sizeBytes} bytes.`,
    };
  },
});

/** Variants that are measured beside the one that was kept. */
const mostVariants = 4;

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
    rows.push(row(variant, await callAction(context, 'measure', { model })));
  }
  const isBeaten = (one: TradeOff[number], by: TradeOff[number]): boolean =>
    by !== one &&
    by.score >= one.score &&
    by.sizeBytes <= one.sizeBytes &&
    by.latencyMs <= one.latencyMs &&
    (by.score > one.score || by.sizeBytes < one.sizeBytes || by.latencyMs < one.latencyMs);
  return rows.filter((one, i) => i === 0 || !rows.some((other) => isBeaten(one, other)));
}
