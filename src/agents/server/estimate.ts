import { z } from 'zod';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Compressed } from '../model/compress.ts';
import type { Frozen } from '../model/freeze.ts';
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
    return {
      message: { predicted, ...measured, limits: held },
      summary: `${measured.latencyMs.p50.toFixed(2)} ms for one record (p99 ${measured.latencyMs.p99.toFixed(2)}), ${measured.sizeBytes} bytes.`,
    };
  },
});
