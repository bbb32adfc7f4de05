import { z } from 'zod';
import { defineQuestion } from '../../core/question.ts';
import { defineStage } from '../../core/stage.ts';
import { callAction } from '../call-action.ts';
import type { Prepared } from '../data/prepare.ts';
import { type Planned, stepOf } from '../task/stages/plan.ts';
import { taskSpecOf } from '../task/stages/understand.ts';
import type { Compressed } from './compress.ts';
import { calibrationPrompt } from './prompts/calibration.ts';
import { decisionPrompt } from './prompts/decision.ts';

const calibrationKinds = ['none', 'sigmoid', 'isotonic', 'temperature'] as const;

/** What the choice of a calibration is made from: cross-validated log loss of each kind. */
export interface CalibrationSubject {
  readonly task: string;
  readonly rowCount: number;
  /** Whether the plan has a step for it. */
  readonly isPlanned: boolean;
}

/** How probabilities are calibrated. */
export const calibrationQuestion = defineQuestion({
  id: 'model.calibration',
  about: calibrationPrompt.about,
  prompt: calibrationPrompt,
  facts: (subject: CalibrationSubject) => ({ ...subject }),
  answer: () => z.strictObject({ method: z.enum(['best', ...calibrationKinds]) }),
  rule: ({ isPlanned }) =>
    isPlanned
      ? {
          answer: { method: 'best' as const },
          why: 'Cross-validated log loss decides; none is taken unless one lowers it beyond noise.',
        }
      : { answer: { method: 'none' as const }, why: 'The plan has no calibration: there are too few rows to fit one.' },
  check: ({ method }, { task }) => {
    const allowed = task === 'binary' ? ['best', 'none', 'sigmoid', 'isotonic'] : ['best', 'none', 'temperature'];
    return allowed.includes(method)
      ? []
      : [{ path: 'method', message: `Expected one of ${allowed.join(', ')} for this task.` }];
  },
  language: 'unsure',
});

/** What the choice of a decision rule is made from. */
export interface DecisionSubject {
  readonly metric: string;
  readonly threshold?: number;
  readonly classShares: readonly number[];
  /** Rows that the shares are of. */
  readonly rowCount?: number;
}

/** How probabilities become labels. */
export const decisionQuestion = defineQuestion({
  id: 'model.decision',
  about: decisionPrompt.about,
  prompt: decisionPrompt,
  facts: ({ metric, threshold, classShares }: DecisionSubject) => ({
    metric,
    ...(threshold === undefined ? {} : { threshold }),
    classShares: [...classShares],
  }),
  answer: () => z.strictObject({ rule: z.enum(['metric', 'plain']) }),
  rule: ({ metric }) => ({
    answer: { rule: 'metric' as const },
    why: `The rule is chosen out of fold for ${metric}, and only where it gains beyond noise.`,
  }),
  language: 'unsure',
});

const finiteNumbers = z.array(z.number());

/** A metric over the folds, with its interval. */
export const foldScoreSchema = z.object({
  metric: z.string(),
  value: z.number(),
  low: z.number(),
  high: z.number(),
  folds: z.number(),
  repeats: z.number(),
});

export const decidedSchema = z.object({
  calibration: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('none') }),
    z.object({ kind: z.literal('sigmoid'), slope: z.number(), offset: z.number() }),
    z.object({ kind: z.literal('isotonic'), x: finiteNumbers, y: finiteNumbers }),
    z.object({ kind: z.literal('temperature'), exponent: z.number() }),
  ]),
  logLoss: z.partialRecord(z.enum(calibrationKinds), z.number()),
  decision: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('threshold'), threshold: z.number() }),
      z.object({ kind: z.literal('multipliers'), multipliers: finiteNumbers }),
    ])
    .optional(),
  interval: z
    .object({ kind: z.literal('residual'), coverage: z.number(), low: z.number(), high: z.number() })
    .optional(),
  /** Over the folds, after calibration and decision. */
  scores: z.array(foldScoreSchema),
  outOfFold: z.string(),
});

export type Decided = z.infer<typeof decidedSchema>;

/** Calibrates, chooses the decision rule (or the interval), and scores the whole on the folds. */
export const decideStage = defineStage<Decided>({
  name: 'model.decide',
  agent: 'model',
  to: 'task',
  output: decidedSchema,
  async run(context) {
    const spec = taskSpecOf(context);
    const prepared = context.message<Prepared>('data.prepare')!;
    const { chosen, forms } = context.message<Compressed>('model.compress')!;
    const isClassification = prepared.task !== 'regression';
    const { method } = isClassification
      ? await context.ask(calibrationQuestion, {
          task: prepared.task,
          rowCount: prepared.rowCount,
          isPlanned: stepOf(context.message<Planned>('task.plan')!, 'calibrate') !== undefined,
        })
      : { method: 'none' as const };
    const [main] = spec.metrics;
    const { rule } = isClassification
      ? await context.ask(decisionQuestion, {
          metric: main!.metric,
          ...(main!.threshold === undefined ? {} : { threshold: main!.threshold }),
          classShares: prepared.classCounts.map((count) => count / prepared.rowCount),
          rowCount: prepared.rowCount,
        })
      : { rule: 'plain' as const };
    const output = await callAction(context, 'decide', {
      set: prepared.set,
      // A form with rounded weights is calibrated by what it predicts itself.
      members:
        forms?.predictions === undefined
          ? chosen.members.map(({ predictions, weight }) => ({ predictions, weight }))
          : [{ predictions: [forms.predictions], weight: 1 }],
      metrics: spec.metrics.map(({ metric, threshold }) =>
        threshold === undefined ? { metric } : { metric, threshold },
      ),
      ...(method === 'best' ? {} : { calibration: method }),
      rule,
      seed: context.input.seed,
    });
    const score = output.scores[0];
    return {
      message: output as Decided,
      summary: `${isClassification ? `Calibration ${output.calibration.kind}` : 'Interval from out-of-fold residuals'}${score === undefined ? '' : `; ${score.metric} ${score.value.toPrecision(4)} over the folds`}.`,
    };
  },
});
