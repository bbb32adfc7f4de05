import { z } from 'zod';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { Checked } from './check.ts';
import type { Cleaned } from './clean.ts';
import type { Collected } from './collect.ts';
import type { SplitMessage } from './split.ts';

export const preparedSchema = z.object({
  set: z.string(),
  preparation: z.string(),
  /** The task as the learners see it: a multiclass task of two classes is binary. */
  task: z.enum(['binary', 'multiclass', 'regression']),
  classes: z.array(z.string()),
  classCounts: z.array(z.number()),
  rowCount: z.number(),
  folds: z.number(),
  repeats: z.number(),
  inputs: z.array(z.string()),
  numberCount: z.number(),
  categoryCount: z.number(),
  missingShare: z.number(),
  features: z.array(z.object({ name: z.string(), column: z.string() })),
  setAside: z.array(z.object({ column: z.string(), reason: z.string(), rows: z.number() })),
  categories: z.array(z.object({ column: z.string(), kept: z.number(), pooled: z.number(), pooledRows: z.number() })),
});

export type Prepared = z.infer<typeof preparedSchema>;

/** Makes the features. */
export const prepareStage = defineStage<Prepared>({
  name: 'data.prepare',
  agent: 'data',
  to: 'model',
  output: preparedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const { data } = context.message<Collected>('data.collect')!;
    const { train, folds } = context.message<SplitMessage>('data.split')!;
    const { plan } = context.message<Cleaned>('data.clean')!;
    const { inputs } = context.message<Checked>('data.check')!;
    const output = await callAction(context, 'prepare', {
      train,
      folds,
      formats: data!.formats,
      plan,
      inputs,
      target: spec.target.value,
      task: spec.task.value,
      ...(spec.positive === undefined ? {} : { positive: spec.positive.value }),
      ...(spec.roles.weight === undefined ? {} : { weight: spec.roles.weight.value }),
    });
    return {
      message: output as Prepared,
      summary: `${output.numberCount} numeric and ${output.categoryCount} categorical features of ${output.inputs.length} columns.`,
    };
  },
});
