import { z } from 'zod';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import { type Planned, stepOf } from '../task/stages/plan.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { Collected } from './collect.ts';

export const splitSchema = z.object({
  train: z.string(),
  trainRows: z.number(),
  trainNumbers: z.string(),
  vault: z.string().optional(),
  vaultRows: z.number(),
  vaultGroups: z.string().optional(),
  vaultFrom: z.enum(['split', 'host', 'none']),
  method: z.enum(['stratified', 'grouped', 'time', 'none']),
  foldMethod: z.enum(['stratified', 'grouped', 'time']),
  setAside: z.number(),
  testSetAside: z.number(),
  reasons: z.array(z.object({ code: z.string(), evidence: z.record(z.string(), z.union([z.number(), z.string()])) })),
  folds: z.string(),
  foldCount: z.number(),
  repeats: z.number(),
});

export type SplitMessage = z.infer<typeof splitSchema>;

/** Splits the vault off before anything else looks at the rows. */
export const splitStage = defineStage<SplitMessage>({
  name: 'data.split',
  agent: 'data',
  to: 'data',
  output: splitSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { data, test } = context.message<Collected>('data.collect')!;
    const { group, entity, time } = spec.roles;
    const planned = stepOf(context.message<Planned>('task.plan')!, 'split')!;
    const output = await callAction(context, 'split', {
      folds: planned.folds,
      repeats: planned.repeats,
      table: data!.table,
      ...(test === undefined ? {} : { testTable: test.table }),
      target: spec.target.value,
      task: spec.task.value,
      inputs: spec.inputs.value,
      roles: {
        ...(group === undefined ? {} : { group: group.value }),
        ...(entity === undefined ? {} : { entity: entity.value }),
        ...(time === undefined ? {} : { time: time.value }),
      },
      seed: context.input.seed,
    });
    return {
      message: output as SplitMessage,
      summary:
        output.vaultFrom === 'none'
          ? `${output.trainRows} rows, too few for a vault: cross-validation alone will judge.`
          : `${output.trainRows} rows to learn from, ${output.vaultRows} in the vault (${output.vaultFrom === 'host' ? 'given by the host' : output.method}).`,
    };
  },
});
