/** How much work the search may do. */
export type BudgetName = 'quick' | 'normal' | 'thorough';

/** Families of learners that come with the library, in the order in which they are tried. */
export const learnerFamilies = ['linear', 'trees', 'network'] as const;

/** A family of learners: a step of the plan, and the name of a learner. */
export type LearnerFamily = (typeof learnerFamilies)[number];

/** One step of the closed menu; parameters are bounded numbers and short ids, never text to be executed. */
export type PlanStep = { readonly why: string } & (
  | {
      readonly agent: 'data';
      readonly step: 'split';
      readonly by: 'random' | 'strata' | 'group' | 'time';
      readonly vault: boolean;
      readonly folds: number;
      readonly repeats: number;
    }
  | { readonly agent: 'data'; readonly step: 'clean' }
  | { readonly agent: 'data'; readonly step: 'reduce' /** Rows kept for the search. */; readonly rows: number }
  | { readonly agent: 'model'; readonly step: 'baseline' }
  | { readonly agent: 'model'; readonly step: 'linear' /** Trials. */; readonly trials: number }
  | { readonly agent: 'model'; readonly step: 'trees'; readonly trials: number }
  | { readonly agent: 'model'; readonly step: 'network'; readonly trials: number }
  | { readonly agent: 'model'; readonly step: 'ensemble' /** The most members. */; readonly members: number }
  | { readonly agent: 'model'; readonly step: 'calibrate' }
  | { readonly agent: 'model'; readonly step: 'threshold' }
  | { readonly agent: 'model'; readonly step: 'compress'; readonly limit: 'latencyMs' | 'sizeBytes' | 'memoryBytes' }
);

/** What a run will do, in order, with a reason a step. */
export interface Plan {
  readonly formatVersion: 1;
  readonly budget: BudgetName;
  readonly steps: readonly PlanStep[];
}

/** Bounds that each parameter of a step keeps. */
export const planBounds = {
  folds: [2, 10],
  repeats: [1, 10],
  rows: [1000, 10_000_000],
  trials: [1, 200],
  members: [2, 12],
} as const;

/** What is wrong with a plan; nothing where it may be used. For plans that a host or a language model proposes. */
export function checkPlan(plan: Plan): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const step of plan.steps) {
    if (seen.has(step.step) && step.step !== 'compress') problems.push(`The step "${step.step}" is there twice.`);
    seen.add(step.step);
    for (const [name, [least, most]] of Object.entries(planBounds)) {
      const value = (step as Readonly<Record<string, unknown>>)[name];
      if (
        value !== undefined &&
        !(typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
      ) {
        problems.push(
          `Expected ${name} of "${step.step}" to be a whole number from ${least} to ${most}, got ${String(value)}.`,
        );
      }
    }
  }
  for (const needed of ['split', 'clean', 'baseline'])
    if (!seen.has(needed)) problems.push(`The step "${needed}" is missing.`);
  if (!learnerFamilies.some((family) => seen.has(family)))
    problems.push(`No step makes a model: add one of ${learnerFamilies.join(', ')}.`);
  const order = plan.steps.map((step) => menu.indexOf(step.step));
  if (order.some((place, index) => index > 0 && place < order[index - 1]!))
    problems.push(`Steps must come in this order: ${menu.join(', ')}.`);
  return problems;
}

/** The menu, in the order in which steps run. */
export const menu: readonly PlanStep['step'][] = [
  'split',
  'clean',
  'reduce',
  'baseline',
  'linear',
  'trees',
  'network',
  'ensemble',
  'calibrate',
  'threshold',
  'compress',
];
