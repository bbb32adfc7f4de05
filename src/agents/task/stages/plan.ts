import { z } from 'zod';
import { defineQuestion } from '../../../core/question.ts';
import { defineStage } from '../../../core/stage.ts';
import type { Schema } from '../../../core/standard-schema.ts';
import type { TaskSpec } from '../../../core/task-spec.ts';
import type { TableProfile } from '../../../tools/data/profile/profile.ts';
import type { Collected } from '../../data/collect.ts';
import { checkPlan, type LearnerFamily, learnerFamilies, type Plan, type PlanStep, planBounds } from '../plan/plan.ts';
import { networkTrials, planSteps } from '../plan/plan-steps.ts';
import { planPrompt } from '../prompts/plan.ts';
import { taskSpecOf, type Understood } from './understand.ts';

/** What a plan is made from. */
export interface PlanSubject {
  readonly spec: TaskSpec;
  readonly profile: TableProfile;
  readonly hasTestData: boolean;
  readonly budget: Plan['budget'];
  readonly learners: readonly LearnerFamily[];
}

const why = z.string().max(500);
const bounded = ([low, high]: readonly [number, number]) => z.number().int().min(low).max(high);
const stepSchema = z.discriminatedUnion('step', [
  z.strictObject({
    agent: z.literal('data'),
    step: z.literal('split'),
    by: z.enum(['random', 'strata', 'group', 'time']),
    vault: z.boolean(),
    folds: bounded(planBounds.folds),
    repeats: bounded(planBounds.repeats),
    why,
  }),
  z.strictObject({ agent: z.literal('data'), step: z.literal('clean'), why }),
  z.strictObject({ agent: z.literal('data'), step: z.literal('reduce'), rows: bounded(planBounds.rows), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('baseline'), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('linear'), trials: bounded(planBounds.trials), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('trees'), trials: bounded(planBounds.trials), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('network'), trials: bounded(planBounds.trials), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('ensemble'), members: bounded(planBounds.members), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('calibrate'), why }),
  z.strictObject({ agent: z.literal('model'), step: z.literal('threshold'), why }),
  z.strictObject({
    agent: z.literal('model'),
    step: z.literal('compress'),
    limit: z.enum(['latencyMs', 'sizeBytes', 'memoryBytes']),
    why,
  }),
]);
const planSchema = z.strictObject({
  formatVersion: z.literal(1),
  budget: z.enum(['quick', 'normal', 'thorough']),
  steps: z.array(stepSchema).min(4).max(15),
}) as unknown as Schema<Plan>;

/** The plan: steps of a closed menu, with bounded parameters. */
export const planQuestion = defineQuestion({
  id: 'task.plan',
  about: planPrompt.about,
  prompt: planPrompt,
  facts: ({ spec, profile, hasTestData, budget, learners }: PlanSubject) => ({
    task: spec.task.value,
    metric: spec.metrics[0]!.metric,
    rows: profile.rowCount,
    columns: profile.columns.length,
    roles: Object.keys(spec.roles).filter((role) => role !== 'ignore'),
    limits: Object.keys(spec.limits),
    hasTestData,
    budget,
    learners: [...learners],
  }),
  answer: () => planSchema,
  rule: ({ spec, profile, hasTestData, budget, learners }) => ({
    answer: planSteps(spec, profile, { budget, hasTestData, learners }),
    why: [
      'The usual order, sized by rows, budget and limits.',
      networkTrials(spec, profile, { budget, learners }).leftOut,
    ]
      .filter((reason) => reason !== undefined)
      .join(' '),
  }),
  check: (plan, { spec, hasTestData, profile, budget, learners }) => {
    const [own] = plan.steps;
    const [ruled] = planSteps(spec, profile, { budget, hasTestData, learners }).steps;
    const problems = checkPlan(plan).map((message) => ({ path: 'steps', message }));
    // The vault and what keeps rows together are part of the frozen task, not of a plan.
    if (own?.step === 'split' && ruled?.step === 'split' && (own.vault !== ruled.vault || own.by !== ruled.by))
      problems.push({
        path: 'steps[0]',
        message: `Expected the split to be by ${ruled.by}, ${ruled.vault ? 'with' : 'without'} a vault.`,
      });
    return problems;
  },
  language: 'unsure',
});

export const plannedSchema = z.object({
  plan: planSchema as unknown as z.ZodType<Plan>,
  learners: z.array(z.string()),
});

export interface Planned {
  readonly plan: Plan;
  /** Learners that the plan names. */
  readonly learners: readonly string[];
}

/** The step of a plan, where it is there. */
export function stepOf<Name extends PlanStep['step']>(
  { plan }: Planned,
  name: Name,
): Extract<PlanStep, { step: Name }> | undefined {
  return plan.steps.find((step): step is Extract<PlanStep, { step: Name }> => step.step === name);
}

/** Decides what is done. */
export const planStage = defineStage<Planned>({
  name: 'task.plan',
  agent: 'task',
  to: 'data',
  output: plannedSchema,
  async run(context) {
    const { data, test } = context.message<Collected>('data.collect')!;
    const { workUnits } = context.budget;
    const plan = await context.ask(planQuestion, {
      spec: taskSpecOf(context),
      profile: await context.blobJson<TableProfile>(data!.profile),
      hasTestData: test !== undefined,
      budget: workUnits <= 10_000 ? 'quick' : workUnits <= 60_000 ? 'normal' : 'thorough',
      learners: context.message<Understood>('task.understand')!.learners,
    });
    const learners = learnerFamilies.filter((family) => plan.steps.some(({ step }) => step === family));
    return { message: { plan, learners }, summary: `Plan: ${plan.steps.map(({ step }) => step).join(' → ')}.` };
  },
});
