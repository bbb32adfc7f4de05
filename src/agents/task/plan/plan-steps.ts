import { ownMetric } from '../../../core/metric-scope.ts';
import type { MetricId, TaskSpec } from '../../../core/task-spec.ts';
import type { TableProfile } from '../../../tools/data/profile/profile.ts';
import { fileWithin } from '../../../tools/serve/estimate.ts';
import { leastForVault } from '../assess/assess.ts';
import type { BudgetName, LearnerFamily, Plan, PlanStep } from './plan.ts';

/** What the plan depends on beside the spec and the profile. */
export interface PlanContext {
  readonly budget: BudgetName;
  /** The host has handed over test data. @default false */
  readonly hasTestData?: boolean;
  /** Families of learners that the words ask for; the others are tried last. */
  readonly learners?: readonly LearnerFamily[];
}

const trials: Readonly<
  Record<
    BudgetName,
    {
      readonly linear: number;
      readonly trees: number;
      readonly network: number;
      readonly members: number;
      readonly rows: number;
    }
  >
> = {
  quick: { linear: 3, trees: 6, network: 0, members: 3, rows: 20_000 },
  normal: { linear: 8, trees: 24, network: 5, members: 6, rows: 100_000 },
  thorough: { linear: 20, trees: 100, network: 20, members: 12, rows: 500_000 },
};

const ofProbabilities: ReadonlySet<MetricId> = new Set<MetricId>(['logLoss', 'brier']);
const ofLabels: ReadonlySet<MetricId> = new Set<MetricId>([
  'accuracy',
  'balancedAccuracy',
  'f1',
  'f1Macro',
  'precision',
  'recall',
  'specificity',
  'mcc',
]);

/** Rows from which a network is worth its time, and from which it can be trained at all where the words ask for one. */
const leastForNetwork = 1000;
const leastAskedFor = 60;

/** How many configurations of the network learner are tried, or why none is. */
export function networkTrials(
  spec: TaskSpec,
  profile: TableProfile,
  context: Pick<PlanContext, 'budget' | 'learners'>,
): { readonly trials: number; readonly leftOut?: string } {
  const rows = targetRows(spec, profile);
  const isAsked = context.learners?.includes('network') === true;
  const no = (leftOut: string) => ({ trials: 0, leftOut: `No network: ${leftOut}` });
  if (rows < (isAsked ? leastAskedFor : leastForNetwork))
    return no(`${rows} rows are too few; other learners are as good from fewer than ${leastForNetwork}.`);
  if (isAsked) return { trials: Math.max(3, trials[context.budget].network) };
  if (isTight(spec)) return no('the limits on size, memory or latency leave no room for one.');
  if (trials[context.budget].network === 0)
    return no('the budget is small, and a network takes the time of many trees.');
  return { trials: trials[context.budget].network };
}

/** Rows that have a target. */
function targetRows(spec: TaskSpec, profile: TableProfile): number {
  const target = profile.columns.find((column) => column.name === spec.target.value);
  return profile.rowCount - (target?.missing ?? 0);
}

/** The plan that rules make: always valid, from counts alone. */
export function planSteps(spec: TaskSpec, profile: TableProfile, context: PlanContext): Plan {
  const sizes = trials[context.budget];
  const target = profile.columns.find((column) => column.name === spec.target.value);
  const rows = targetRows(spec, profile);
  const counts = (target?.top ?? []).map((entry) => entry.count);
  const rarest = counts.length > 1 ? Math.min(...counts) : rows;
  const isClasses = spec.task.value !== 'regression';
  const steps: PlanStep[] = [splitStep(spec, rows, rarest, isClasses, context.hasTestData === true)];
  steps.push({
    agent: 'data',
    step: 'clean',
    why: 'Every table is cleaned: kinds, missing values, identifiers, constants, duplicates.',
  });
  if (rows > sizes.rows)
    steps.push({
      agent: 'data',
      step: 'reduce',
      rows: sizes.rows,
      why: `The search looks at ${sizes.rows} of ${rows} rows; the winner is fitted on all.`,
    });
  steps.push({
    agent: 'model',
    step: 'baseline',
    why: 'What guessing reaches without any input is what a model has to beat.',
  });
  const wanted = context.learners ?? [];
  const linearTrials = wanted.length === 1 && wanted[0] !== 'linear' ? 1 : sizes.linear;
  const treeTrials =
    wanted.length === 1 && wanted[0] !== 'trees'
      ? Math.max(1, Math.ceil(sizes.trees / 4))
      : rows < 200
        ? Math.min(sizes.trees, 12)
        : sizes.trees;
  steps.push({
    agent: 'model',
    step: 'linear',
    trials: linearTrials,
    why: rows < 500 ? 'Few rows favour simple models.' : 'A linear model is small, fast and a fair yardstick.',
  });
  steps.push({
    agent: 'model',
    step: 'trees',
    trials: treeTrials,
    why: 'Boosted trees find interactions and bends that a linear model does not.',
  });
  const network = networkTrials(spec, profile, context);
  if (network.trials > 0)
    steps.push({
      agent: 'model',
      step: 'network',
      trials: network.trials,
      why: wanted.includes('network')
        ? 'The request asks for a neural network.'
        : 'A network is smooth where trees are not, so that both together may err less.',
    });
  if (!isTight(spec))
    steps.push({
      agent: 'model',
      step: 'ensemble',
      members: sizes.members,
      why: 'Models that err differently are better together; no limit speaks against it.',
    });
  if (isClasses && rows >= 200)
    steps.push({
      agent: 'model',
      step: 'calibrate',
      why: ofProbabilities.has(spec.metrics[0]!.metric)
        ? 'The score asked for judges the probabilities themselves.'
        : 'Probabilities should mean what they say.',
    });
  const label = spec.metrics.find(({ metric }) => ofLabels.has(metric) || ownMetric(metric)?.needs === 'labels');
  if (spec.task.value === 'binary' && label !== undefined)
    steps.push({
      agent: 'model',
      step: 'threshold',
      why: `The threshold is chosen for ${label.metric}, which was asked for.`,
    });
  for (const limit of ['latencyMs', 'sizeBytes', 'memoryBytes'] as const) {
    if (spec.limits[limit] !== undefined)
      steps.push({
        agent: 'model',
        step: 'compress',
        limit,
        why: 'A limit was set: smaller variants are made and judged on validation data.',
      });
  }
  return { formatVersion: 1, budget: context.budget, steps };
}

function splitStep(spec: TaskSpec, rows: number, rarest: number, isClasses: boolean, hasTestData: boolean): PlanStep {
  const vault = hasTestData || rows >= leastForVault;
  const by =
    spec.roles.group !== undefined ? 'group' : spec.roles.time !== undefined ? 'time' : isClasses ? 'strata' : 'random';
  const folds = Math.max(2, Math.min(rows < 20_000 ? 5 : 3, isClasses ? rarest : 5));
  const repeats = by === 'time' ? 1 : rows < leastForVault ? 5 : rows < 1000 ? 3 : 1;
  const reason = {
    group: 'Rows of one group stay together.',
    time: 'Later rows are never used to predict earlier ones.',
    strata: 'Each part gets the same share of every class.',
    random: 'The rows have no order and no groups.',
  }[by];
  return {
    agent: 'data',
    step: 'split',
    by,
    vault,
    folds,
    repeats,
    why: vault ? reason : `${reason} There are too few rows to keep test rows apart.`,
  };
}

/** Limits that leave no room for several models in one. */
function isTight(spec: TaskSpec): boolean {
  const { latencyMs, sizeBytes, memoryBytes } = spec.limits;
  return (
    (latencyMs?.value ?? 99) < 1 || Math.min(sizeBytes?.value ?? 1e9, fileWithin(memoryBytes?.value ?? 1e12)) < 100_000
  );
}
